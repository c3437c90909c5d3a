/** Which names of a call or a deployment belong to the Router, and which mean nothing to any provider. */
import { isOption } from '../core/options.js';

/** Options of a call that name other groups. */
export const fallbackLists: ReadonlySet<string> = new Set([
  'fallbacks',
  'context_window_fallbacks',
  'content_policy_fallbacks',
]);

/** Options of a call that the Router reads; no deployment gets them. */
export const own: ReadonlySet<string> = new Set([
  ...fallbackLists,
  'model',
  'disable_fallbacks',
  'max_fallbacks',
  'num_retries',
  'max_retries',
  'retry_policy',
  'max_retry_delay',
  'priority',
  'mid_stream',
  'hedge',
  'deadline',
  'signal',
  'tags',
  'allowed_model_region',
  'specific_deployment',
  'model_group',
]);

/** What tells where a deployment is, or whose key its calls carry. A call cannot change it: its key would go elsewhere. */
const place = /^(?:api_key|api_base|base_url|custom_llm_provider|account_id|\w+_(?:endpoint|url|host|base))$/;
const places = new Map<string, boolean>();

export function isPlace(name: string): boolean {
  let answer = places.get(name);
  if (answer === undefined) {
    answer = place.test(name) && isOption(name);
    if (places.size < 500) places.set(name, answer);
  }
  return answer;
}

/** Parameters of deployments that the Router alone reads. */
const deployments = new Set([
  'rpm',
  'tpm',
  'weight',
  'order',
  'max_parallel_requests',
  'tag_regex',
  'cooldown_time',
  'allowed_fails',
  'litellm_credential_name',
  'max_budget',
  'budget_duration',
]);

/** LiteLLM's parameters of deployments for its own proxy, its loggers and stores: no provider knows them. */
const foreign = new RegExp(
  `^(?:_.*|(?:${[
    'langfuse|langsmith|arize|dd|s3|gcs|humanloop|newrelic|posthog|milvus|valkey|signoz|wandb|weave',
    '(?:auto|complexity|adaptive|quality)_router|token_exchange|github_copilot',
    'anthropic_(?:federation|identity|issuer|keycloak)|openai_identity',
  ].join('|')})_\\w+|${[
    'anthropic_(?:organization_id|service_account_id|disable_workload_identity_federation)|openai_service_account_id',
    'prompt_(?:environment|id|label|variables|version)|(?:initial|final)_prompt_value|custom_prompt_dict|[be]os_token|roles',
    '(?:user|assistant)_continue_message|model_(?:alias_map|config|file_id_mapping)|vector_store_id|search_tool_name',
    'a(?:completion|embedding|img_generation|text_completion|llm_passthrough_route)|text_completion|async_call|client|self',
    'azure|rust|verbose|logger_fn|secret_fields|shared_session|proxy_server_request|completion_call_id|complete_response',
    'allow_client_keepalive_override|keepalive_seconds|kubernetes_pod_discovery|attempted_targets|fallback_depth',
    'bedrock_tags|bucket_name|cache_key|preset_cache_key|caching_groups|ttl|chatgpt_auth_file|use_xai_oauth',
    'configurable_clientside_auth_params|context_window_fallback_dict|daily_reset_time|data_residency|deployment_id',
    'default_api_key_[rt]pm_limit|itpm|otpm|rpd|tpd|id|disable_add_transform_inline_image_block',
    'enable_(?:json_schema_validation|prompt_caching|tag_filtering)|fastest_response|fireworks_forward_user_id',
    'guardrails|log_client_error_tracebacks|turn_off_message_logging|max_agentic_loops|max_file_size_mb',
    'merge_reasoning_content_in_choices|output_vector_size|provider_(?:affinity|specific)_header|responses_api_version',
    'retry_strategy|routing_strategy|silent_model|ssl_verify|stream_chunk_size|stream_response',
    '(?:stream_)?timeout_by_service_tier|thought_signature_in_tool_call_id|use_(?:chat_completions_api|client)',
    'use_in_pass_through|use_litellm_proxy',
  ].join('|')})$`,
);

/** Prices that no bill of a call asks for. */
const prices = /(?:^|_)cost_per_|_cost(?:_|$)|^tiered_pricing$|_uplift_multiplier(?:_|$)/;

/** Whether calls of a deployment are made with a parameter of its entry. */
export const isKept = (name: string): boolean =>
  !own.has(name) && !deployments.has(name) && !foreign.test(name) && (isOption(name) || !prices.test(name));
