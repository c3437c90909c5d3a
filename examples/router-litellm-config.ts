// A LiteLLM configuration as it is. Run: npm run build && npx tsx examples/router-litellm-config.ts
import { BadRequestError, Router } from 'callm';
import { offline } from './offline.js';

const server = await offline();

// What a YAML parser makes of a config.yaml:
//
//   model_list:
//     - model_name: gpt-4o
//       litellm_params:
//         model: openai/gpt-4o
//         api_key: os.environ/OPENAI_API_KEY
//         rpm: 600
//     …
const config = {
  model_list: [
    {
      model_name: 'gpt-4o',
      litellm_params: { model: 'openai/gpt-4o', api_key: 'os.environ/OPENAI_API_KEY', rpm: 600 },
    },
    {
      model_name: 'gpt-4o',
      litellm_params: { model: 'openai/gpt-4.1', api_key: 'os.environ/OPENAI_API_KEY', rpm: 300 },
    },
    {
      model_name: 'claude',
      litellm_params: { model: 'anthropic/claude-haiku-4-5', litellm_credential_name: 'anthropic' },
    },
    { model_name: 'gemini/*', litellm_params: { model: 'gemini/*' } },
  ],
  credential_list: [{ credential_name: 'anthropic', credential_values: { api_key: 'os.environ/ANTHROPIC_API_KEY' } }],
  litellm_settings: { num_retries: 3, request_timeout: 30, drop_params: true },
  router_settings: {
    routing_strategy: 'usage-based-routing-v2',
    model_group_alias: { 'gpt-4': 'gpt-4o' },
    fallbacks: [{ 'gpt-4o': ['claude'] }],
  },
  general_settings: { master_key: 'os.environ/MASTER_KEY' }, // of LiteLLM's gateway; not read
};

const router = await Router.fromConfig(config);
for (const model of ['gpt-4o', 'gpt-4', 'claude', 'gemini/gemini-2.5-flash']) {
  const { choices, _hidden_params } = await router.completion({
    model,
    messages: [{ role: 'user', content: `Say: ${model} answers` }],
    logit_bias: { 50256: -100 }, // dropped where it is not known
  });
  console.log(`${choices[0]?.message.content}, by ${_hidden_params.llm_provider}`);
}
console.log(`rpm of gpt-4o: ${String((await router.getModelGroupInfo('gpt-4o'))?.['rpm'])}`);
await router.close();

// What is wrong is named, all at once.
try {
  new Router({ routing_strategy: 'fastest' as never, num_retries: -1, model_list: [{ model_name: 'chat' } as never] });
} catch (error) {
  if (!(error instanceof BadRequestError)) throw error;
  console.log(error.message);
}
await server.close();
