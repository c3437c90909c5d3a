// The yardstick: undici's request, a text decoder, a split at line ends and JSON.parse. No checks, no options.
import { request } from 'undici';
import { MAX_TOKENS, MESSAGES, MODELS } from '../setup.mjs';

const [system, user] = MESSAGES;

const wires = {
  openai: {
    path: () => '/v1/chat/completions',
    headers: { 'content-type': 'application/json', authorization: 'Bearer k' },
    body: (stream) => ({ model: MODELS.openai, messages: MESSAGES, max_tokens: MAX_TOKENS, ...(stream && { stream }) }),
    text: (body) => body.choices[0].message.content,
    delta: (event) => event.choices[0].delta.content,
  },
  anthropic: {
    path: () => '/v1/messages',
    headers: { 'content-type': 'application/json', 'x-api-key': 'k', 'anthropic-version': '2023-06-01' },
    body: (stream) => ({
      model: MODELS.anthropic,
      max_tokens: MAX_TOKENS,
      system: system.content,
      messages: [user],
      ...(stream && { stream }),
    }),
    text: (body) => body.content[0].text,
    delta: (event) => (event.type === 'content_block_delta' ? event.delta.text : undefined),
  },
  gemini: {
    path: (stream) => `/v1beta/models/${MODELS.gemini}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    headers: { 'content-type': 'application/json', 'x-goog-api-key': 'k' },
    body: () => ({
      contents: [{ role: 'user', parts: [{ text: user.content }] }],
      systemInstruction: { parts: [{ text: system.content }] },
      generationConfig: { maxOutputTokens: MAX_TOKENS },
    }),
    text: (body) => body.candidates[0].content.parts[0].text,
    delta: (event) => event.candidates[0].content.parts[0].text,
  },
};

export function connect(wire, base) {
  const { path, headers, body, text, delta } = wires[wire];
  const post = (url, content) => request(url, { method: 'POST', headers, body: JSON.stringify(content) });
  const callUrl = base + path(false);
  const streamUrl = base + path(true);
  const embedUrl = `${base}/v1/embeddings`;
  return {
    async complete() {
      const response = await post(callUrl, body(false));
      return text(JSON.parse(await response.body.text()));
    },
    async stream(onText) {
      const response = await post(streamUrl, body(true));
      const decoder = new TextDecoder();
      let rest = '';
      for await (const bytes of response.body) {
        const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
        rest = lines.pop();
        for (const line of lines) {
          if (!line.startsWith('data: ')) continue;
          const data = line.slice(6);
          if (data === '[DONE]') continue;
          const piece = delta(JSON.parse(data));
          if (piece) onText(piece);
        }
      }
    },
    async embed(input) {
      const response = await post(embedUrl, { model: 'text-embedding-3-small', input });
      return JSON.parse(await response.body.text()).data.map((row) => row.embedding);
    },
  };
}
