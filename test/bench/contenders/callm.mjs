import { KEY, KEYS, MAX_TOKENS, MESSAGES, MODELS, PLACE, REGION, TOKEN } from '../setup.mjs';

const { completion, embedding } = await import('../../../dist/index.js');

const keys = { aws_access_key_id: KEYS.id, aws_secret_access_key: KEYS.secret, aws_region_name: REGION };

/** What a call on each wire is given beside its messages. */
const wires = {
  openai: (base) => ({ model: `openai/${MODELS.openai}`, api_key: KEY, api_base: `${base}/v1` }),
  anthropic: (base) => ({ model: `anthropic/${MODELS.anthropic}`, api_key: KEY, api_base: base }),
  gemini: (base) => ({ model: `gemini/${MODELS.gemini}`, api_key: KEY, api_base: `${base}/v1beta` }),
  vertex: (base) => ({
    model: `vertex_ai/${MODELS.vertex}`,
    api_key: TOKEN,
    vertex_project: PLACE.project,
    vertex_location: PLACE.location,
    api_base: base,
  }),
  invoke: (base) => ({
    model: `bedrock/invoke/${MODELS.invoke}`,
    api_key: KEY,
    aws_region_name: REGION,
    api_base: base,
  }),
  signed: (base) => ({ model: `bedrock/invoke/${MODELS.signed}`, ...keys, api_base: base }),
  converse: (base) => ({ model: `bedrock/${MODELS.converse}`, api_key: KEY, aws_region_name: REGION, api_base: base }),
};

export function connect(wire, base) {
  const asked = { ...wires[wire](base), messages: MESSAGES, max_tokens: MAX_TOKENS };
  const { api_base } = asked;
  return {
    async complete() {
      const answer = await completion({ ...asked });
      return answer.choices[0].message.content;
    },
    async stream(onText) {
      const stream = await completion({ ...asked, stream: true });
      for await (const chunk of stream) {
        const piece = chunk.choices[0]?.delta.content;
        if (piece) onText(piece);
      }
    },
    async embed(input) {
      const answer = await embedding({ model: 'openai/text-embedding-3-small', api_key: KEY, api_base, input });
      return answer.data.map((row) => row.embedding);
    },
  };
}
