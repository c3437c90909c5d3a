import { MAX_TOKENS, MESSAGES, MODELS } from '../setup.mjs';

const { completion, embedding } = await import('../../../dist/index.js');

const bases = {
  openai: (base) => `${base}/v1`,
  anthropic: (base) => base,
  gemini: (base) => `${base}/v1beta`,
};

export function connect(wire, base) {
  const api_base = bases[wire](base);
  const model = `${wire}/${MODELS[wire]}`;
  return {
    async complete() {
      const answer = await completion({ model, api_key: 'k', api_base, messages: MESSAGES, max_tokens: MAX_TOKENS });
      return answer.choices[0].message.content;
    },
    async stream(onText) {
      const stream = await completion({
        model,
        api_key: 'k',
        api_base,
        messages: MESSAGES,
        max_tokens: MAX_TOKENS,
        stream: true,
      });
      for await (const chunk of stream) {
        const piece = chunk.choices[0]?.delta.content;
        if (piece) onText(piece);
      }
    },
    async embed(input) {
      const answer = await embedding({ model: 'openai/text-embedding-3-small', api_key: 'k', api_base, input });
      return answer.data.map((row) => row.embedding);
    },
  };
}
