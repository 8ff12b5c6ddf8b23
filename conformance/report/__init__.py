"""Run documents and analyses to text, HTML, Markdown and Allure: pure functions, one module a format."""
