/**
 * What must hold in every runtime, over the installed package and the runtime's own transport. Plain JavaScript that
 * uses nothing but `fetch`-era globals.
 */
import { AuthenticationError, completion, createCallm, embedding, rerank } from 'callm';

const messages = [{ role: 'user', content: 'Hello' }];

function equal(actual, expected, what) {
  if (actual !== expected) throw new Error(`${what}: ${String(actual)}, expected ${String(expected)}`);
}
function text(value, what) {
  if (typeof value !== 'string' || value === '') throw new Error(`${what} is no text: ${JSON.stringify(value)}`);
}

/** `url` is the loopback server of `callm/testing`, which refuses the key `bad-key`. */
const cases = {
  'a mocked call': async () => {
    const { choices } = await completion({ model: 'openai/gpt-4o', messages, mock_response: 'mocked' });
    equal(choices[0].message.content, 'mocked', 'content');
  },
  'a completion': async (url) => {
    const api_base = `${url}/openai/v1`;
    const answer = await completion({ model: 'openai/gpt-4o', messages, api_base, api_key: 'sk-test' });
    equal(answer.object, 'chat.completion', 'object');
    text(answer.choices[0].message.content, 'content');
    if (!(answer.usage.total_tokens > 0)) throw new Error('no usage');
  },
  'a stream': async (url) => {
    const api_base = `${url}/openai/v1`;
    const stream = await completion({ model: 'openai/gpt-4o', messages, api_base, api_key: 'sk-test', stream: true });
    let content = '';
    let chunks = 0;
    for await (const chunk of stream) {
      chunks++;
      content += chunk.choices[0]?.delta.content ?? '';
    }
    text(content, 'content');
    if (chunks < 2) throw new Error(`${chunks} chunks`);
    const whole = await stream.final();
    equal(whole.choices[0].message.content, content, 'final()');
    equal(whole.choices[0].finish_reason, 'stop', 'finish_reason');
  },
  'a stream that is left': async (url) => {
    const api_base = `${url}/openai/v1`;
    const stream = await completion({ model: 'openai/gpt-4o', messages, api_base, api_key: 'sk-test', stream: true });
    for await (const chunk of stream) {
      equal(chunk.object, 'chat.completion.chunk', 'object');
      break;
    }
    equal((await stream.next()).done, true, 'done');
  },
  'embeddings of a client': async (url) => {
    const api_base = `${url}/openai/v1`;
    const client = createCallm({ api_base, api_key: 'sk-test' });
    const vectors = await client.embedding({ model: 'openai/text-embedding-3-small', input: ['a', 'b'] });
    equal(vectors.data.length, 2, 'vectors');
    equal(typeof vectors.data[0].embedding[0], 'number', 'embedding');
    await client.close();
    const [vector] = (await embedding({ model: 'openai/text-embedding-3-small', input: 'a', api_base, api_key: 'k' }))
      .data;
    equal(vector.embedding.length, vectors.data[0].embedding.length, 'dimensions');
  },
  'a rerank': async (url) => {
    const documents = ['apples', 'the capital of France'];
    const options = { api_base: `${url}/openai/v1`, api_key: 'sk-test', query: 'capital of France', documents };
    const { results } = await rerank({ model: 'jina_ai/jina-reranker-v2-base-multilingual', ...options });
    equal(results[0].index, 1, 'best document');
  },
  'an error class': async (url) => {
    const api_base = `${url}/openai/v1`;
    try {
      await completion({ model: 'openai/gpt-4o', messages, api_base, api_key: 'bad-key' });
    } catch (e) {
      if (!(e instanceof AuthenticationError)) throw e;
      equal(e.name, 'AuthenticationError', 'name');
      equal(e.status, 401, 'status');
      equal(e.llm_provider, 'openai', 'llm_provider');
      equal(JSON.stringify(e).includes('bad-key'), false, 'the key in the error');
      return;
    }
    throw new Error('did not reject');
  },
  'an abort': async (url) => {
    const api_base = `${url}/openai/v1`;
    const signal = AbortSignal.abort(new Error('enough'));
    try {
      await completion({ model: 'openai/gpt-4o', messages, api_base, api_key: 'sk-test', signal });
    } catch (e) {
      equal(e.name, 'APIUserAbortError', 'name');
      return;
    }
    throw new Error('did not reject');
  },
};

/** @returns one line per case: `ok <name>` or `not ok <name>: <why>` */
export async function smoke(url) {
  const lines = [];
  for (const [name, run] of Object.entries(cases)) {
    try {
      await run(url);
      lines.push(`ok ${name}`);
    } catch (e) {
      lines.push(`not ok ${name}: ${e?.stack ?? e}`.replaceAll('\n', ' | '));
    }
  }
  return lines;
}
