// Runs scenarios with the SDKs for JavaScript: the same protocol as driver.py. kits.py reads the table from this file.
//
// The packages are in the folder of CONFORMANCE_NODE_CLIENTS, where npm has installed them.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";
import readline from "node:readline";

const load = createRequire(path.join(process.env.CONFORMANCE_NODE_CLIENTS, "package.json"));
const scenarios = new Map();

function scenario(name, fault, ...rest) {
  const [options, run] = rest.length > 1 ? rest : [{}, rest[0]];
  scenarios.set(name, { fault, run, ...options });
}

const PONG = "Reply with exactly: pong";
const QUESTION = "What is the weather in Oslo?";
const ADA = "Extract: Ada is 36 years old.";
const BIRDS = "Grüße 🐦 an 鳥";
const CITY = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };
const DESCRIPTION = "Tells the weather in a city";
const CHAT_TOOL = { type: "function", function: { name: "get_weather", description: DESCRIPTION, parameters: CITY } };
const RESPONSES_TOOL = { type: "function", name: "get_weather", description: DESCRIPTION, parameters: CITY, strict: true };
const MESSAGES_TOOL = { name: "get_weather", description: DESCRIPTION, input_schema: CITY };
const SUNNY = "It is sunny; the code is 4711.";

const user = (text) => [{ role: "user", content: text }];

function says(text, expected = "pong") {
  assert.ok(text, "the answer has no text");
  assert.ok(text.toLowerCase().includes(expected.toLowerCase()), `the answer is '${text}', and not '${expected}'`);
}

async function collected(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

// Returns the error of a class of an SDK that a call raises.
async function raised(kind, call) {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof kind, `the error is ${error?.constructor?.name}: ${error?.message}`);
    return error;
  }
  assert.fail(`the SDK raises no ${kind.name}`);
}

class Place {
  constructor(place, headers) {
    Object.assign(this, place);
    this.headers = { ...place.headers, ...headers };
    this.root = place.url.replace(/\/v1$/, "");
  }

  get chat() {
    return this.model("chat_completions");
  }

  get responses() {
    return this.model("responses");
  }

  get messages() {
    return this.model("messages");
  }

  model(family) {
    if (!this.models[family]) throw new NotApplicable(`the gateway has no model for ${family}`);
    return this.models[family];
  }

  openai(options = {}) {
    const { OpenAI } = load("openai");
    const usual = { baseURL: this.url, apiKey: this.key, maxRetries: 0, timeout: 20_000, defaultHeaders: this.headers };
    return new OpenAI({ ...usual, ...options });
  }

  anthropic(options = {}) {
    const { Anthropic } = load("@anthropic-ai/sdk");
    const usual = { baseURL: this.root, apiKey: this.key, maxRetries: 0, timeout: 20_000, defaultHeaders: this.headers };
    return new Anthropic({ ...usual, ...options });
  }

  // A provider of the AI SDK, which wants base URLs with /v1 for both vendors.
  ai(vendor) {
    const { createOpenAI } = load("@ai-sdk/openai");
    const { createAnthropic } = load("@ai-sdk/anthropic");
    const settings = { baseURL: this.url, apiKey: this.key, headers: this.headers };
    return vendor === "openai" ? createOpenAI(settings) : createAnthropic(settings);
  }

  // Runs a block while the scripted provider answers as told; the block gets the token that has to be in the prompt.
  async upstream(name, answers, block) {
    if (!this.provider) throw new NotApplicable("the gateway's upstream is not the scripted provider");
    const token = this.tokens[name];
    const url = `${this.provider}/_suite/scripts/${token}`;
    const headers = { authorization: `Bearer ${this.control_key}`, "content-type": "application/json" };
    await fetch(url, { method: "PUT", headers, body: JSON.stringify({ answers }) });
    try {
      return await block(token);
    } finally {
      await fetch(url, { method: "DELETE", headers });
    }
  }
}

class NotApplicable extends Error {}

const BUSY = { status: 429, headers: { "retry-after": "1" }, error: { message: "Too many requests." } };

scenario("openai-chat-create", "chat-usage-lost", async (at) => {
  const completion = await at.openai().chat.completions.create({ model: at.chat, messages: user(PONG) });
  says(completion.choices[0].message.content);
  assert.equal(completion.choices[0].finish_reason, "stop");
  assert.ok(completion.usage.total_tokens > 0);
});

scenario("openai-chat-raw-response", "http-request-id-lost", async (at) => {
  const raw = await at.openai().chat.completions.create({ model: at.chat, messages: user(PONG) }).withResponse();
  assert.ok(raw.request_id, "the answer has no request id");
  says(raw.data.choices[0].message.content);
});

scenario("openai-chat-stream", "chat-stream-text-lost", async (at) => {
  const stream = await at.openai().chat.completions.create({ model: at.chat, messages: user(PONG), stream: true });
  says((await collected(stream)).map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""));
});

scenario("openai-chat-stream-one-document", "sse-two-chunks-in-one-event", async (at) => {
  const asked = { model: at.chat, messages: user("Count from 1 to 20."), stream: true };
  const chunks = await collected(await at.openai().chat.completions.create(asked));
  says(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), "19, 20");
});

scenario("openai-chat-stream-is-utf-8", "chat-report-lossy-decoding", async (at) => {
  const asked = { model: at.chat, messages: user(`Reply with exactly: ${BIRDS}`), stream: true };
  const chunks = await collected(await at.openai().chat.completions.create(asked));
  says(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), BIRDS);
});

scenario("openai-chat-stream-helper", "chat-stream-text-doubled", async (at) => {
  const stream = at.openai().chat.completions.stream({ model: at.chat, messages: user(PONG) });
  const final = await stream.finalChatCompletion();
  assert.equal(final.choices[0].message.content.trim().toLowerCase(), "pong");
  assert.equal(final.choices[0].finish_reason, "stop");
});

scenario("openai-chat-stream-helper-tools", "chat-stream-arguments-cumulative", async (at) => {
  const asked = { model: at.chat, messages: user(QUESTION), tools: [CHAT_TOOL], tool_choice: "required" };
  const final = await at.openai().chat.completions.stream(asked).finalChatCompletion();
  const [call] = final.choices[0].message.tool_calls;
  assert.ok(call.id);
  assert.deepEqual(JSON.parse(call.function.arguments), { city: "Oslo" });
});

scenario("openai-chat-parse", "chat-json-schema-ignored", async (at) => {
  const { zodResponseFormat } = load("openai/helpers/zod");
  const { z } = load("zod");
  const format = zodResponseFormat(z.object({ name: z.string(), age: z.number() }), "person");
  const asked = { model: at.chat, messages: user(ADA), response_format: format };
  const completion = await at.openai().chat.completions.parse(asked);
  assert.deepEqual(completion.choices[0].message.parsed, { name: "Ada", age: 36 });
});

scenario("openai-chat-run-tools", "chat-finish-claims-calls", async (at) => {
  const calls = [];
  const parameters = CITY;
  const run = ({ city }) => (calls.push(city), SUNNY);
  const tool = { type: "function", function: { name: "get_weather", parameters, parse: JSON.parse, function: run } };
  const runner = at.openai().chat.completions.runTools({ model: at.chat, messages: user(QUESTION), tools: [tool] });
  says(await runner.finalContent(), "sunny");
  assert.deepEqual(calls, ["Oslo"]);
  const finished = runner.allChatCompletions().map((completion) => completion.choices[0].finish_reason);
  assert.deepEqual(finished, ["tool_calls", "stop"]);
});

scenario("openai-responses-create", "responses-usage-lost", async (at) => {
  const response = await at.openai().responses.create({ model: at.responses, input: PONG });
  says(response.output_text);
  assert.ok(response.usage.total_tokens > 0);
});

scenario("openai-responses-stream", "responses-completed-dropped", async (at) => {
  const events = await collected(await at.openai().responses.create({ model: at.responses, input: PONG, stream: true }));
  assert.equal(events[0].type, "response.created");
  assert.equal(events.at(-1).type, "response.completed");
  says(events.filter((event) => event.type === "response.output_text.delta").map((event) => event.delta).join(""));
});

scenario("openai-responses-stream-helper", "responses-item-added-dropped", async (at) => {
  const final = await at.openai().responses.stream({ model: at.responses, input: PONG }).finalResponse();
  says(final.output_text);
});

scenario("openai-responses-stream-helper-tools", "responses-tools-dropped", async (at) => {
  const asked = { model: at.responses, input: QUESTION, tools: [RESPONSES_TOOL], tool_choice: "required" };
  const final = await at.openai().responses.stream(asked).finalResponse();
  const [call] = final.output.filter((item) => item.type === "function_call");
  assert.deepEqual(JSON.parse(call.arguments), { city: "Oslo" });
});

scenario("openai-responses-parse", "responses-format-dropped", async (at) => {
  const { zodTextFormat } = load("openai/helpers/zod");
  const { z } = load("zod");
  const format = zodTextFormat(z.object({ name: z.string(), age: z.number() }), "person");
  const response = await at.openai().responses.parse({ model: at.responses, input: ADA, text: { format } });
  assert.deepEqual(response.output_parsed, { name: "Ada", age: 36 });
});

scenario("openai-model-list", "models-under-test-missing", async (at) => {
  const models = await collected(at.openai().models.list());
  assert.ok(models.some((model) => model.id === at.chat));
});

scenario("openai-wrong-key", "error-status-403-chat-completions", async (at) => {
  const { AuthenticationError } = load("openai");
  const client = at.openai({ apiKey: "sk-wrong-0123456789abcdef" });
  await raised(AuthenticationError, () => client.chat.completions.create({ model: at.chat, messages: user(PONG) }));
});

scenario("openai-unknown-model", "chat-error-model-as-503", async (at) => {
  const { NotFoundError } = load("openai");
  const asked = { model: "no-such-model", messages: user(PONG) };
  const error = await raised(NotFoundError, () => at.openai().chat.completions.create(asked));
  assert.equal(error.code, "model_not_found");
});

scenario("openai-bad-value", "chat-error-param-lost", async (at) => {
  const { BadRequestError } = load("openai");
  const asked = { model: at.chat, messages: user(PONG), temperature: 3 };
  const error = await raised(BadRequestError, () => at.openai().chat.completions.create(asked));
  assert.equal(error.param, "temperature");
});

scenario("openai-base-url-without-version", "elsewhere-error-page", async (at) => {
  const { NotFoundError } = load("openai");
  const client = at.openai({ baseURL: at.root });
  let completion;
  try {
    completion = await client.chat.completions.create({ model: at.chat, messages: user(PONG) });
  } catch (error) {
    assert.ok(error instanceof NotFoundError);
    assert.ok(error.error?.message, "the error is not in JSON");
    return;
  }
  says(completion.choices[0].message.content);
});

scenario("openai-retries-a-rate-limit", "upstream-error-all-400", { scripted: true }, async (at) => {
  const client = at.openai({ maxRetries: 2 });
  await at.upstream("javascript-openai-retries", [BUSY, {}], async (token) => {
    const asked = { model: at.chat, messages: user(`${token} ${PONG}`) };
    says((await client.chat.completions.create(asked)).choices[0].message.content);
  });
});

scenario("openai-stream-cut", "upstream-cut-as-end", { scripted: true }, async (at) => {
  const { APIError } = load("openai");
  const cut = { reply: { text: "Pelicans are large birds." }, fail: { after: "text", how: "close" } };
  await at.upstream("javascript-openai-stream-cut", [cut], async (token) => {
    const asked = { model: at.chat, messages: user(token), stream: true };
    await raised(Error, async () => collected(await at.openai().chat.completions.create(asked)));
    assert.ok(APIError);
  });
});

scenario("anthropic-create", "messages-usage-lost", async (at) => {
  const message = await at.anthropic().messages.create({ model: at.messages, max_tokens: 64, messages: user(PONG) });
  says(message.content[0].text);
  assert.equal(message.stop_reason, "end_turn");
  assert.ok(message.usage.output_tokens > 0);
});

scenario("anthropic-raw-response", "http-request-id-of-other-family", async (at) => {
  const asked = { model: at.messages, max_tokens: 64, messages: user(PONG) };
  const raw = await at.anthropic().messages.create(asked).withResponse();
  assert.ok(raw.request_id, "the answer has no request id");
});

scenario("anthropic-stream", "messages-events-unnamed", async (at) => {
  const asked = { model: at.messages, max_tokens: 64, messages: user(PONG), stream: true };
  const kinds = (await collected(await at.anthropic().messages.create(asked))).map((event) => event.type);
  assert.equal(kinds[0], "message_start");
  assert.equal(kinds.at(-1), "message_stop");
});

scenario("anthropic-stream-helper", "messages-start-lost", async (at) => {
  const stream = at.anthropic().messages.stream({ model: at.messages, max_tokens: 64, messages: user(PONG) });
  const texts = [];
  stream.on("text", (text) => texts.push(text));
  const final = await stream.finalMessage();
  says(texts.join(""));
  assert.equal(final.content[0].text, texts.join(""));
});

scenario("anthropic-stream-helper-tools", "messages-block-stop-lost", async (at) => {
  const choice = { type: "any" };
  const asked = { model: at.messages, max_tokens: 256, messages: user(QUESTION), tools: [MESSAGES_TOOL], tool_choice: choice };
  const stream = at.anthropic().messages.stream(asked);
  const blocks = [];
  stream.on("contentBlock", (block) => blocks.push(block));
  const final = await stream.finalMessage();
  assert.deepEqual(final.content.find((block) => block.type === "tool_use").input, { city: "Oslo" });
  assert.ok(blocks.some((block) => block.type === "tool_use"), "the block of the call does not end");
});

scenario("anthropic-tool-runner", "messages-tool-stop-end-turn", async (at) => {
  const { betaTool } = load("@anthropic-ai/sdk/helpers/beta/json-schema");
  const calls = [];
  const run = ({ city }) => (calls.push(city), SUNNY);
  const tool = betaTool({ name: "get_weather", description: DESCRIPTION, inputSchema: CITY, run });
  const asked = { model: at.messages, max_tokens: 256, messages: user(QUESTION), tools: [tool] };
  const final = await at.anthropic().beta.messages.toolRunner(asked);
  says(final.content.map((block) => block.text ?? "").join(""), "sunny");
  assert.deepEqual(calls, ["Oslo"]);
});

scenario("anthropic-count-tokens", "count-tokens-lost", async (at) => {
  const counted = await at.anthropic().messages.countTokens({ model: at.messages, messages: user(PONG) });
  assert.ok(counted.input_tokens > 0);
});

scenario("anthropic-model-list", "models-shape-ignored", async (at) => {
  const page = await at.anthropic().models.list();
  assert.ok(page.data.some((model) => model.id === at.messages));
  assert.ok(page.data.every((model) => model.display_name));
});

scenario("anthropic-unknown-model", "anthropic-error-model-as-api-error", async (at) => {
  const { NotFoundError } = load("@anthropic-ai/sdk");
  const asked = { model: "no-such-model", max_tokens: 64, messages: user(PONG) };
  const error = await raised(NotFoundError, () => at.anthropic().messages.create(asked));
  assert.equal(error.error.error.type, "not_found_error");
});

scenario("anthropic-base-url-with-version", "routing-unknown-path-with-200", async (at) => {
  const { NotFoundError } = load("@anthropic-ai/sdk");
  const client = at.anthropic({ baseURL: at.url });
  let message;
  try {
    message = await client.messages.create({ model: at.messages, max_tokens: 64, messages: user(PONG) });
  } catch (error) {
    assert.ok(error instanceof NotFoundError, `the error is ${error.message}`);
    return;
  }
  says(message.content[0].text);
});

scenario("anthropic-retries-a-rate-limit", "upstream-error-all-400", { scripted: true }, async (at) => {
  const client = at.anthropic({ maxRetries: 2 });
  await at.upstream("javascript-anthropic-retries", [BUSY, {}], async (token) => {
    const asked = { model: at.messages, max_tokens: 64, messages: user(`${token} ${PONG}`) };
    says((await client.messages.create(asked)).content[0].text);
  });
});

scenario("ai-openai-generate", "responses-message-content-lost", async (at) => {
  const { generateText } = load("ai");
  const answer = await generateText({ model: at.ai("openai")(at.responses), prompt: PONG, maxRetries: 0 });
  says(answer.text);
});

scenario("ai-openai-stream", "responses-deltas-dropped", async (at) => {
  const { streamText } = load("ai");
  says(await streamText({ model: at.ai("openai")(at.responses), prompt: PONG, maxRetries: 0 }).text);
});

scenario("ai-chat-stream", "chat-stream-empty", async (at) => {
  const { streamText } = load("ai");
  says(await streamText({ model: at.ai("openai").chat(at.chat), prompt: PONG, maxRetries: 0 }).text);
});

scenario("ai-anthropic-generate", "messages-content-lost", async (at) => {
  const { generateText } = load("ai");
  says((await generateText({ model: at.ai("anthropic")(at.messages), prompt: PONG, maxRetries: 0 })).text);
});

scenario("ai-anthropic-stream", "messages-block-start-lost", async (at) => {
  const { streamText } = load("ai");
  says(await streamText({ model: at.ai("anthropic")(at.messages), prompt: PONG, maxRetries: 0 }).text);
});

scenario("ai-anthropic-tools", "messages-first-result-emptied", async (at) => {
  const { generateText, jsonSchema, stepCountIs, tool } = load("ai");
  const get_weather = tool({ description: DESCRIPTION, inputSchema: jsonSchema(CITY), execute: async () => SUNNY });
  const model = at.ai("anthropic")(at.messages);
  const answer = await generateText({
    model,
    prompt: QUESTION,
    tools: { get_weather },
    stopWhen: stepCountIs(3),
    maxRetries: 0,
  });
  says(answer.text, "sunny");
});

scenario("ai-openai-tools", "responses-call-name-null", async (at) => {
  const { generateText, jsonSchema, stepCountIs, tool } = load("ai");
  const get_weather = tool({ description: DESCRIPTION, inputSchema: jsonSchema(CITY), execute: async () => SUNNY });
  const answer = await generateText({
    model: at.ai("openai")(at.responses),
    prompt: QUESTION,
    tools: { get_weather },
    stopWhen: stepCountIs(3),
    maxRetries: 0,
  });
  says(answer.text, "sunny");
});

async function result(name, at) {
  try {
    await scenarios.get(name).run(at);
  } catch (error) {
    if (error instanceof NotApplicable) return { outcome: "skipped", text: error.message };
    return { outcome: "failed", text: `${name}\n${error?.constructor?.name}: ${error?.message}` };
  }
  return { outcome: "passed", text: "" };
}

process.on("unhandledRejection", () => {}); // the helpers reject several promises for one error
globalThis.AI_SDK_LOG_WARNINGS = false;
console.error = () => {}; // the AI SDK prints each error that it raises

let place;
for await (const line of readline.createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  if (place === undefined) place = asked;
  else process.stdout.write(`${JSON.stringify(await result(asked.name, new Place(place, asked.headers)))}\n`);
}
process.exit(0);
