// A stream that breaks off is replaced before your eyes. Run: npm run build && npx tsx examples/router-mid-stream.ts
import { Router } from 'callm';
import { sseEvent, startProvider } from 'callm/testing';

const text = 'The moon is about 384,400 kilometres away, and it moves off by four centimetres each year.';
const half = text.split(' ').slice(0, 7);

// A provider whose connection is lost in the middle of the answer.
const chunk = (content: string) =>
  sseEvent({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  });
const breaking = await startProvider({
  script: () => ({
    headers: { 'content-type': 'text/event-stream' },
    chunks: half.map((word) => ({ data: chunk(`${word} `), delay: 0.03 })),
    cut: true,
  }),
});
const steady = await startProvider({ delay: 0.03 });

const at = (id: string, url: string, order: number) => ({
  model_name: 'chat',
  litellm_params: { model: 'openai/gpt-4.1-mini', api_key: 'demo-key', api_base: `${url}/openai/v1`, order },
  model_info: { id },
});
const router = new Router({
  mid_stream: 'restart',
  model_list: [at('breaking', breaking.url, 1), at('steady', steady.url, 2)],
});

const stream = await router.completion({
  model: 'chat',
  messages: [{ role: 'user', content: `Say: ${text}` }],
  stream: true,
});
let shown = '';
for await (const { choices, provider_specific_fields } of stream) {
  if (provider_specific_fields?.['reset'] === true) {
    // In a terminal the half answer goes away; in a file it stays, marked.
    process.stdout.write(process.stdout.isTTY ? '\r\u001b[2K' : ' [broken off]\n');
    shown = '';
  }
  const piece = choices[0]?.delta.content ?? '';
  shown += piece;
  process.stdout.write(piece);
}
console.log();

const { choices } = await stream.final();
console.log(`whole: ${choices[0]?.message.content === text && shown === text}`);
for (const { deployment, status, error } of stream._hidden_params.attempts)
  console.log(`${deployment}: ${error ?? status}`);

await router.close();
await breaking.close();
await steady.close();
