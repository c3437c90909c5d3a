import { embedMany, generateText, streamText } from 'ai';
import { KEY, MAX_TOKENS, MESSAGES, MODELS } from '../setup.mjs';

const [system, user] = MESSAGES;

/** Each wire by the vendor's own package; 'compatible' is the generic OpenAI-shaped one. */
const models = {
  async openai(base) {
    const { createOpenAI } = await import('@ai-sdk/openai');
    return createOpenAI({ baseURL: `${base}/v1`, apiKey: KEY }).chat(MODELS.openai);
  },
  async compatible(base) {
    const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
    return createOpenAICompatible({ name: 'bench', baseURL: `${base}/v1`, apiKey: KEY }).chatModel(MODELS.openai);
  },
  async anthropic(base) {
    const { createAnthropic } = await import('@ai-sdk/anthropic');
    return createAnthropic({ baseURL: `${base}/v1`, apiKey: KEY })(MODELS.anthropic);
  },
  async gemini(base) {
    const { createGoogleGenerativeAI } = await import('@ai-sdk/google');
    return createGoogleGenerativeAI({ baseURL: `${base}/v1beta`, apiKey: KEY })(MODELS.gemini);
  },
};

export async function connect(wire, base) {
  const model = await models[wire](base);
  const call = { model, system: system.content, messages: [user], maxOutputTokens: MAX_TOKENS };
  let embedder;
  return {
    async complete() {
      return (await generateText(call)).text;
    },
    async stream(onText) {
      for await (const piece of streamText(call).textStream) onText(piece);
    },
    async embed(values) {
      if (embedder === undefined) {
        const { createOpenAI } = await import('@ai-sdk/openai');
        embedder = createOpenAI({ baseURL: `${base}/v1`, apiKey: KEY }).textEmbeddingModel('text-embedding-3-small');
      }
      return (await embedMany({ model: embedder, values })).embeddings;
    },
  };
}
