"""Run documents and analyses as text, HTML, Markdown and Allure: pure functions, one module per format."""
