// The yardstick: undici's request, a text decoder, a split at line ends and JSON.parse. No checks, no options; of
// AWS's event streams the checksums are looked at, as their protocol wants it.
import { request } from 'undici';
import { readMessages } from '../aws-messages.mjs';
import { signedHeaders } from '../aws-signature.mjs';
import { KEY, MAX_TOKENS, MESSAGES, MODELS, PLACE, TOKEN } from '../setup.mjs';

const [system, user] = MESSAGES;

const claude = { max_tokens: MAX_TOKENS, system: system.content, messages: [user] };
const claudeText = (body) => body.content[0].text;
const claudeDelta = (event) => (event.type === 'content_block_delta' ? event.delta.text : undefined);

const invoke = {
  path: (stream) => `/model/${encodeURIComponent(MODELS.invoke)}/invoke${stream ? '-with-response-stream' : ''}`,
  headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
  body: () => ({ anthropic_version: 'bedrock-2023-05-31', ...claude }),
  text: claudeText,
  message: ({ bytes }) => claudeDelta(JSON.parse(Buffer.from(bytes, 'base64').toString())),
};

const wires = {
  openai: {
    path: () => '/v1/chat/completions',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
    body: (stream) => ({ model: MODELS.openai, messages: MESSAGES, max_tokens: MAX_TOKENS, ...(stream && { stream }) }),
    text: (body) => body.choices[0].message.content,
    delta: (event) => event.choices[0].delta.content,
  },
  anthropic: {
    path: () => '/v1/messages',
    headers: { 'content-type': 'application/json', 'x-api-key': KEY, 'anthropic-version': '2023-06-01' },
    body: (stream) => ({ model: MODELS.anthropic, ...claude, ...(stream && { stream }) }),
    text: claudeText,
    delta: claudeDelta,
  },
  gemini: {
    path: (stream) => `/v1beta/models/${MODELS.gemini}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    headers: { 'content-type': 'application/json', 'x-goog-api-key': KEY },
    body: () => ({
      contents: [{ role: 'user', parts: [{ text: user.content }] }],
      systemInstruction: { parts: [{ text: system.content }] },
      generationConfig: { maxOutputTokens: MAX_TOKENS },
    }),
    text: (body) => body.candidates[0].content.parts[0].text,
    delta: (event) => event.candidates[0].content.parts[0].text,
  },
  vertex: {
    path: (stream) =>
      `/v1/projects/${PLACE.project}/locations/${PLACE.location}/publishers/anthropic/models/${MODELS.vertex}:${stream ? 'streamRawPredict' : 'rawPredict'}`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
    body: (stream) => ({ anthropic_version: 'vertex-2023-10-16', ...claude, ...(stream && { stream }) }),
    text: claudeText,
    delta: claudeDelta,
  },
  invoke,
  signed: { ...invoke, sign: signedHeaders },
  converse: {
    path: (stream) => `/model/${encodeURIComponent(MODELS.converse)}/converse${stream ? '-stream' : ''}`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
    body: () => ({
      system: [{ text: system.content }],
      messages: [{ role: 'user', content: [{ text: user.content }] }],
      inferenceConfig: { maxTokens: MAX_TOKENS },
    }),
    text: (body) => body.output.message.content[0].text,
    message: (event) => event.delta?.text,
  },
};

export function connect(wire, base) {
  const { path, headers, sign, body, text, delta, message } = wires[wire];
  const { host, pathname } = new URL(base);
  const post = (url, content) => {
    const sent = JSON.stringify(content);
    const own = sign?.(host, pathname + path(false), sent) ?? headers;
    return request(url, { method: 'POST', headers: own, body: sent });
  };
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
      if (message !== undefined) {
        return readMessages(response.body, (payload) => {
          const piece = message(payload);
          if (piece) onText(piece);
        });
      }
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
