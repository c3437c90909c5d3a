import { VoyageAIClient } from 'voyageai';
import { LOOK, PNG_URL, QUERY, TEXTS } from '../intents.mjs';

const model = 'voyage-3.5';

const vectors = TEXTS.map((_text, index) => ({ object: 'embedding', index, embedding: [0.25, -0.5] }));
const usage = { total_tokens: 12 };

/** https://docs.voyageai.com/reference/embeddings-api */
export const voyage = {
  name: 'voyage',
  package: 'voyageai',
  model,
  options: (base) => ({ api_base: `${base}/v1`, api_key: 'key' }),
  connect: (base) => new VoyageAIClient({ apiKey: 'key', environment: `${base}/v1`, maxRetries: 0 }),
  answer(path) {
    if (path === '/v1/rerank')
      return { object: 'list', data: [{ index: 1, relevance_score: 0.9 }], model: 'rerank-2.5', usage };
    if (path === '/v1/contextualizedembeddings')
      return {
        object: 'list',
        data: vectors.map((vector, index) => ({ object: 'list', index, data: [{ ...vector, index: 0 }] })),
        model,
        usage,
      };
    return { object: 'list', data: vectors, model, usage };
  },
  defaults: {},
  /** @type {import('../cases.mjs').Cases<VoyageAIClient>} */
  cases: {
    embeddings: (client) => client.embed({ model, input: TEXTS }),
    'embeddings of a size': {
      endpoint: 'embedding',
      params: { input: TEXTS, dimensions: 256, input_type: 'search_query' },
      sdk: (client) => client.embed({ model, input: TEXTS, outputDimension: 256, inputType: 'query' }),
    },
    'embeddings in base64': {
      endpoint: 'embedding',
      params: { input: TEXTS, encoding_format: 'base64' },
      sdk: (client) => client.embed({ model, input: TEXTS, encodingFormat: 'base64' }),
    },
    'embeddings of media': {
      model: 'voyage-multimodal-3',
      endpoint: 'embedding',
      params: {
        input: [
          {
            content: [
              { type: 'text', text: LOOK },
              { type: 'image_url', image_url: { url: PNG_URL } },
            ],
          },
          TEXTS[1],
        ],
        input_type: 'search_document',
      },
      sdk: (client) =>
        client.multimodalEmbed({
          model: 'voyage-multimodal-3',
          inputs: [
            {
              content: [
                { type: 'text', text: LOOK },
                { type: 'image_base64', imageBase64: PNG_URL },
              ],
            },
            { content: [{ type: 'text', text: TEXTS[1] }] },
          ],
          inputType: 'document',
        }),
    },
    'embeddings in context': {
      model: 'voyage-context-3',
      endpoint: 'embedding',
      params: { input: TEXTS, dimensions: 256 },
      sdk: (client) =>
        client.contextualizedEmbed({
          model: 'voyage-context-3',
          inputs: TEXTS.map((text) => [text]),
          outputDimension: 256,
        }),
    },
    rerank: {
      model: 'rerank-2.5',
      sdk: (client) => client.rerank({ model: 'rerank-2.5', query: QUERY, documents: TEXTS, topK: 1 }),
    },
  },
};
