/**
 * What callm does, in half a minute: the same calls over three protocols. Without arguments the providers are played by
 * the server of `callm/testing`, over real sockets.
 *
 *     npm run demo
 *     npm run demo -- --model anthropic/claude-haiku-4-5      the real provider, with the key of the environment
 *     npm run demo -- --embedding openai/text-embedding-3-small --rerank cohere/rerank-v3.5
 *     npm run demo -- --fast                                   no pause between words
 */
import { inspect, parseArgs } from 'node:util';
import { APIError, type Callm, type ChatMessage, createCallm, type FunctionTool, type HiddenParams } from 'callm';
import { startProvider } from 'callm/testing';
import { z } from 'zod';

const { values: args } = parseArgs({
  options: {
    model: { type: 'string' },
    embedding: { type: 'string' },
    rerank: { type: 'string' },
    fast: { type: 'boolean', default: false },
  },
});

const colour = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
const bold = (text: string): string => (colour ? `\x1b[1m${text}\x1b[0m` : text);
const dim = (text: string): string => (colour ? `\x1b[2m${text}\x1b[0m` : text);
const write = (text: string): unknown => process.stdout.write(text);
const line = (text = ''): unknown => write(`${text}\n`);
const label = (text: string): unknown => write(`   ${text.padEnd(29)} `);
const note = (text: string): unknown => line(`   ${' '.repeat(30)}${dim(text)}`);

interface Models {
  chat: readonly string[];
  embedding: readonly string[];
  rerank: readonly string[];
}

/** Costs of the calls so far, in dollars; null where no price is known. */
const costs: (number | null)[] = [];

function cost({ _hidden_params: { response_cost } }: { _hidden_params: HiddenParams }): string {
  costs.push(response_cost);
  return `cost ${response_cost === null ? 'null' : `$${response_cost.toFixed(6)}`}`;
}

let steps = 0;

/** One step of the demo: the same call for each model that can do it. */
async function step(
  title: string,
  models: readonly string[],
  show: (model: string) => Promise<void>,
  reason: (model: string) => Promise<string | undefined> = () => Promise.resolve(undefined),
): Promise<void> {
  if (models.length === 0) return;
  steps++;
  line(`\n${bold(`${steps}  ${title}`)}`);
  for (const model of models) {
    label(model);
    const missing = await reason(model);
    if (missing === undefined) await show(model);
    else line(dim(`left out: ${missing}`));
  }
}

const weather: FunctionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather in a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
const Person = z.object({ name: z.string(), age: z.int() });
const user = (content: string): ChatMessage[] => [{ role: 'user', content }];

async function demo(client: Callm, models: Models, embedded: boolean): Promise<void> {
  const { completion, embedding, rerank, dryRun } = client;
  const takes = (param: string) => async (model: string) =>
    (await client.getSupportedOpenaiParams({ model })).includes(param) ? undefined : `it takes no ${param}`;

  await step('A streamed answer, as it comes', models.chat, async (model) => {
    const messages = user('Say: One call, any model, and every word as soon as it is there.');
    const stream = await completion({ model, messages, stream: true });
    for await (const chunk of stream) write(chunk.choices[0]?.delta.content ?? '');
    const { choices, usage } = await stream.final();
    const first = stream._hidden_params.latency.first_token?.toFixed(2);
    line();
    note(`${choices[0]?.finish_reason}, ${usage?.total_tokens} tokens, first after ${first} s, ${cost(stream)}`);
  });

  await step(
    'A tool: the model calls it, gets the result, answers',
    models.chat,
    async (model) => {
      const messages = user('How is the weather in Paris?');
      const asked = await completion({ model, messages, tools: [weather] });
      const message = asked.choices[0]?.message;
      if (message?.tool_calls === undefined) {
        line(`answers without the tool: ${message?.content}`);
        return;
      }
      messages.push(message);
      for (const call of message.tool_calls) {
        write(`${call.function?.name}(${call.function?.arguments}) -> `);
        messages.push({ role: 'tool', tool_call_id: call.id, content: '21 degrees, clear' });
      }
      const answered = await completion({ model, messages, tools: [weather] });
      line(answered.choices[0]?.message.content ?? '');
      note(`${cost(asked)}, ${cost(answered)}`);
    },
    takes('tools'),
  );

  await step(
    'JSON by a schema (zod), checked: message.parsed',
    models.chat,
    async (model) => {
      const messages = user('Ada Lovelace was 36 years old.');
      const answer = await completion({ model, messages, response_format: Person });
      line(inspect(answer.choices[0]?.message.parsed, { colors: colour }));
      note(cost(answer));
    },
    takes('response_format'),
  );

  await step('Embeddings, compared by their cosine', models.embedding, async (model) => {
    const input = ['The cat sleeps on the sofa.', 'A cat is on the sofa.', 'Interest rates rose.'];
    const answer = await embedding({ model, input });
    const [cat = [], other = [], rates = []] = answer.data.map((entry) => entry.embedding);
    line(`cat ~ cat: ${cosine(cat, other).toFixed(2)}   cat ~ rates: ${cosine(cat, rates).toFixed(2)}`);
    note(`${answer.data.length} vectors of ${cat.length} numbers, ${cost(answer)}`);
  });

  await step('Reranking: documents by their relevance to a question', models.rerank, async (model) => {
    const documents = ['Interest rates rose.', 'The cat sleeps on the sofa.', 'A dog sleeps.'];
    const answer = await rerank({ model, query: 'Where does the cat sleep?', documents, top_n: 2 });
    line(answer.results.map((each) => `${each.relevance_score.toFixed(2)} "${documents[each.index]}"`).join('   '));
    note(cost(answer));
  });

  await step('Errors: one taxonomy, here a key that is refused', models.chat, async (model) => {
    try {
      await completion({ model, messages: user('Hello'), api_key: 'bad-key' });
      line('this provider takes any key');
    } catch (error) {
      if (!(error instanceof APIError)) throw error;
      line(`${error.name}, status ${error.status}: ${error.message}`);
    }
  });

  if (embedded) {
    await step('Retries: a 429 with Retry-After, then the answer', models.chat, async (model) => {
      const answer = await completion({ model, messages: user(`Say: past the rate limit of ${model}.`) });
      let end = 0;
      const told = answer._hidden_params.attempts.map((row) => {
        const waited = end === 0 ? '' : `${(row.start - end).toFixed(1)} s later `;
        end = row.start + (row.end ?? 0);
        return `${waited}${row.status}${row.error === undefined ? '' : ` ${row.error}`}`;
      });
      line(`${told.join(', ')}: ${answer.choices[0]?.message.content}`);
      note(cost(answer));
    });
  }

  await step('The exact request, without sending it: dryRun', models.chat, async (model) => {
    const messages: ChatMessage[] = [{ role: 'system', content: 'Be brief.' }, ...user('Hello')];
    const request = await dryRun('chat', { model, messages, max_tokens: 100, stop: ['END'] });
    line(`${request.method} ${request.url}`);
    const text = inspect(request.body, { depth: null, breakLength: 90, colors: colour });
    for (const each of text.split('\n')) line(`      ${each}`);
  });

  const known = costs.filter((each) => each !== null);
  const sum = known.reduce((total, each) => total + each, 0);
  const told = known.length === 0 ? 'null' : `$${sum.toFixed(6)}`;
  const missing = known.length === costs.length ? '' : ` (no price is known for ${costs.length - known.length})`;
  line(`\n${costs.length} answers, cost ${told}${missing}`);
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** The demo over the embedded server; nothing of this process's environment is used. */
async function offline(): Promise<void> {
  const server = await startProvider({ delay: args.fast ? 0 : 0.04 });
  const client = createCallm({
    env: {
      OPENAI_API_KEY: 'demo-key',
      OPENAI_API_BASE: `${server.url}/openai/v1`,
      ANTHROPIC_API_KEY: 'demo-key',
      ANTHROPIC_API_BASE: `${server.url}/anthropic`,
      GEMINI_API_KEY: 'demo-key',
      GEMINI_API_BASE: `${server.url}/gemini/v1beta`,
      COHERE_API_KEY: 'demo-key',
      COHERE_API_BASE: `${server.url}/cohere`,
    },
  });
  const models = {
    chat: ['openai/gpt-4o-mini', 'anthropic/claude-haiku-4-5', 'gemini/gemini-2.5-flash'],
    embedding: ['openai/text-embedding-3-small', 'gemini/gemini-embedding-001'],
    rerank: ['cohere/rerank-v3.5'],
  };
  line(bold('callm: one call, any model'));
  line(dim(`The providers are played by an embedded server at ${server.url}; try --model provider/name with a key.`));
  try {
    await demo(client, models, true);
    line(`${server.requests.length} requests over ${new Set(server.requests.map(({ path }) => path)).size} paths`);
  } finally {
    await client.close();
    await server.close();
  }
}

/** The demo with real providers, as far as they have what a step needs. */
async function live(): Promise<void> {
  const client = createCallm();
  const { model, embedding, rerank } = args;
  try {
    for (const each of [model, embedding, rerank]) {
      if (each === undefined) continue;
      const { keys_in_environment, missing_keys } = await client.validateEnvironment({ model: each });
      if (keys_in_environment) continue;
      line(`${each}: no key. Set ${missing_keys.join(' and ')} in the environment, or run the demo without arguments.`);
      process.exitCode = 1;
      return;
    }
    const offering = async (endpoint: 'chat' | 'embeddings' | 'rerank', ...names: (string | undefined)[]) => {
      const named = names.filter((name) => name !== undefined);
      const params = named.map((name) => client.getSupportedOpenaiParams({ model: name, endpoint }));
      return (await Promise.all(params)).flatMap((list, i) => (list.length > 0 ? (named[i] ?? []) : []));
    };
    const chat = await offering('chat', model);
    // A provider without chat shows what else it has.
    const only = chat.length === 0 ? model : undefined;
    await demo(
      client,
      {
        chat,
        embedding: await offering('embeddings', embedding, only),
        rerank: await offering('rerank', rerank, only),
      },
      false,
    );
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    line(`\n${error.name}: ${error.message}`);
    process.exitCode = 1;
  } finally {
    await client.close();
  }
}

await (args.model === undefined && args.embedding === undefined && args.rerank === undefined ? offline() : live());
