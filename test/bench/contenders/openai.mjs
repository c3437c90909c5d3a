import OpenAI from 'openai';
import { KEY, MAX_TOKENS, MESSAGES, MODELS } from '../setup.mjs';

export function connect(wire, base) {
  const client = new OpenAI({ apiKey: KEY, baseURL: `${base}/v1` });
  const request = { model: MODELS.openai, messages: MESSAGES, max_tokens: MAX_TOKENS };
  return {
    async complete() {
      const answer = await client.chat.completions.create(request);
      return answer.choices[0].message.content;
    },
    async stream(onText) {
      for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) {
        const piece = chunk.choices[0]?.delta.content;
        if (piece) onText(piece);
      }
    },
    async embed(input) {
      const answer = await client.embeddings.create({ model: 'text-embedding-3-small', input });
      return answer.data.map((row) => row.embedding);
    },
  };
}
