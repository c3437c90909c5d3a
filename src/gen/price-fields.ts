/** The fields a row of src/prices/data may have, with their meaning; docs/price-data.md is written from it. */

export interface FieldGroup {
  title: string;
  /** Prices are in USD for one of what the name says. */
  fields: Readonly<Record<string, string>>;
}

/** Prices that may also have a tier by prompt length and a service tier: `<name>[_above_<N>k_tokens][_<service tier>]`. */
export const tieredPrices: FieldGroup = {
  title: 'Prices with tiers',
  fields: {
    input_cost_per_token: 'a prompt token that no other price covers',
    output_cost_per_token: 'a completion token that no other price covers',
    cache_read_input_token_cost: 'a prompt token read from the cache',
    cache_creation_input_token_cost: 'a prompt token written to the cache, for the shortest time offered',
    cache_creation_input_token_cost_above_1hr: 'the same, kept for an hour',
    cache_creation_input_token_cost_above_12hr: 'the same, kept for longer',
    input_cost_per_audio_token: 'an audio token of the prompt',
    output_cost_per_audio_token: 'an audio token of the answer',
    cache_read_input_audio_token_cost: 'an audio token read from the cache',
    cache_creation_input_audio_token_cost: 'an audio token written to the cache',
    input_cost_per_image_token: 'an image token of the prompt',
    output_cost_per_image_token: 'an image token of the answer',
    input_cost_per_video_token: 'a video token of the prompt',
    output_cost_per_reasoning_token: 'a reasoning token',
    input_cost_per_character: 'a character of the text',
    output_cost_per_character: 'a character of the answer',
    input_cost_per_image: 'an image of the prompt',
    input_cost_per_audio_per_second: 'a second of audio of the prompt',
    input_cost_per_video_per_second: 'a second of video of the prompt',
    ocr_cost_per_page: 'a page read',
    annotation_cost_per_page: 'a page annotated',
  },
};

export const plainPrices: FieldGroup = {
  title: 'Other prices',
  fields: {
    cache_read_input_image_token_cost: 'an image token read from the cache',
    explicit_cache_read_input_token_cost: 'a token read from a cache that was made explicitly',
    input_cost_per_token_cache_hit: 'an older name of cache_read_input_token_cost',
    output_cost_per_video_token: 'a video token of the answer',
    citation_cost_per_token: 'a token of a citation',
    input_dbu_cost_per_token: 'Databricks units for a prompt token',
    output_dbu_cost_per_token: 'Databricks units for a completion token',
    input_cost_per_second: 'a second of audio, or of running time',
    output_cost_per_second: 'a second of audio or video made',
    output_cost_per_second_480p: 'a second of video at this resolution',
    output_cost_per_second_720p: 'a second of video at this resolution',
    output_cost_per_second_768p: 'a second of video at this resolution',
    output_cost_per_second_1080p: 'a second of video at this resolution',
    output_cost_per_second_2k: 'a second of video at this resolution',
    output_cost_per_second_4k: 'a second of video at this resolution',
    output_cost_per_video_per_second: 'a second of video made',
    input_cost_per_video_per_second_above_8s_interval: 'a second of video of the prompt, in pieces above 8 seconds',
    input_cost_per_video_per_second_above_15s_interval: 'a second of video of the prompt, in pieces above 15 seconds',
    cost_per_second: 'a second of committed throughput',
    input_cost_per_pixel: 'a pixel of the image asked for',
    output_cost_per_pixel: 'a pixel of the image made',
    output_cost_per_image: 'an image made',
    'output_cost_per_image_0.5K': 'an image of this size',
    output_cost_per_image_1K: 'an image of this size',
    output_cost_per_image_2K: 'an image of this size',
    output_cost_per_image_4K: 'an image of this size',
    output_cost_per_image_512: 'an image of this size',
    output_cost_per_image_1024: 'an image of this size',
    output_cost_per_image_1536: 'an image of this size',
    input_cost_per_query: 'a search, or a search unit of a reranker',
    input_cost_per_request: 'a request',
    input_cost_per_text_message: 'a text message of a voice session',
    google_maps_grounding_cost_per_query: 'a request grounded by Google Maps',
    code_interpreter_cost_per_session: 'a container session',
    ocr_cost_per_credit: 'a credit of the OCR service',
    regional_endpoint_uplift_multiplier: 'factor on every token outside the global endpoint',
    regional_processing_uplift_multiplier_us: 'factor on every token of the US host',
    regional_processing_uplift_multiplier_eu: 'factor on every token of the EU host',
  },
};

/** Prices that are not one number. */
export const shapedPrices: FieldGroup = {
  title: 'Prices that are not one number',
  fields: {
    search_context_cost_per_query:
      'a web search, by `search_context_size_low`, `search_context_size_medium`, `search_context_size_high`',
    web_search_billing_unit: '`per_query`: every query of a prompt is a web search; absent: once a prompt',
    search_free_requests: 'how many searches the vendor gives away: `count`, `period`, `shared_group`',
    guardrail_cost_per_unit: 'a text unit, by policy',
    tiered_pricing:
      'prices by prompt tokens (`range`: from, exclusive, to, inclusive) or by results (`max_results_range`)',
    off_peak_pricing: 'other prices inside UTC windows: `hours_utc`, or `windows` with `hours_utc` and `weekdays`',
    provider_specific_entry: 'factors on every token: `us` (inference in the US), `fast` (fast mode)',
  },
};

export const provenance: FieldGroup = {
  title: 'Where a price is from',
  fields: {
    free: '`true`: the vendor calls it free; without it no row is all zeros',
    source: 'address of the page or data set that gives the price',
    checked: 'date of what `checked_of` names',
    checked_of:
      "the sources behind the prices, a letter each: `l` LiteLLM's model map, `m` models.dev, `g` genai-prices, `p` the vendor's page, `u` set by hand",
    conflict: 'where no two sources agree: field → source → price',
    history:
      'earlier prices, newest first: `until` (a date; valid before it) and what was different then; `null`: there was no such price',
    announced: 'prices to come: `from` (a date) and what will be different',
    deprecation_date: 'day on which the vendor retires the model',
  },
};

export const limits: FieldGroup = {
  title: 'Limits',
  fields: {
    max_input_tokens: 'longest prompt',
    max_output_tokens: 'longest answer',
    output_vector_size: 'numbers of an embedding',
    prompt_cache_min_tokens: 'shortest prompt that is cached',
    rpm: 'requests a minute',
    tpm: 'tokens a minute',
  },
};

export const facts: FieldGroup = {
  title: 'Other facts',
  fields: {
    litellm_provider: "LiteLLM's name of the group the row belongs to",
    mode: 'what the model does: `chat`, `embedding`, `image_generation` …',
    bare: '`true`: offered under the name without its prefix too',
    status: '`beta`, `deprecated`',
    supported_endpoints: 'paths of the API that take the model',
    supported_modalities: 'what a prompt may hold',
    supported_output_modalities: 'what an answer may hold',
    supported_regions: 'regions that offer it',
    supported_audio_formats: 'formats of audio it takes',
    default_reasoning_effort: 'effort without a word',
    reasoning_effort_levels: 'efforts that may be asked for',
    reasoning_contexts: 'which earlier reasoning may be kept',
    reasoning_modes: 'modes of reasoning',
    thinking_always_on: 'thinking cannot be turned off',
    supports_adaptive_thinking: 'chooses by itself how long to think',
    supports_anthropic_compaction: 'compaction of the history by the vendor',
    supports_assistant_prefill: 'continues a last message of the assistant',
    supports_audio_input: 'takes audio',
    supports_audio_output: 'makes audio',
    supports_box_questions: 'questions about boxes in an image',
    supports_computer_use: 'computer use',
    supports_embedding_image_input: 'embeds images',
    supports_fast_mode: 'fast mode',
    supports_forced_tool_use: 'a tool may be forced',
    supports_function_calling: 'calls tools',
    supports_image_input: 'takes images',
    supports_image_size: 'takes a size of the image',
    supports_legacy_thinking: 'a budget of thinking tokens',
    supports_low_reasoning_effort: 'effort `low`',
    supports_max_reasoning_effort: 'effort `max`',
    supports_mid_conversation_system: 'system messages amid the conversation',
    supports_minimal_reasoning_effort: 'effort `minimal`',
    supports_multimodal: 'more than text',
    supports_native_streaming: 'streams by itself',
    supports_native_structured_output: 'structured output by the vendor',
    supports_none_reasoning_effort: 'effort `none`',
    supports_nova_canvas_image_edit: 'edits images in the way of Nova Canvas',
    supports_output_config: '`output_config`',
    supports_parallel_function_calling: 'several tool calls at once',
    supports_parallel_tool_use_config: 'parallel calls can be turned off',
    supports_pdf_input: 'takes PDF',
    supports_prompt_cache_breakpoint: 'marks of what to cache',
    supports_prompt_caching: 'caches prompts',
    supports_reasoning: 'reasons',
    supports_regex_lookaround: 'look-around in patterns of a schema',
    supports_response_schema: 'answers by a JSON schema',
    supports_sampling_params: 'takes `temperature` and the like',
    supports_speed: 'takes `speed`',
    supports_system_messages: 'takes system messages',
    supports_thinking_cache_preservation: 'earlier thinking stays in the cache',
    supports_tool_choice: 'takes `tool_choice`',
    supports_tool_search: 'searches among tools',
    supports_url_context: 'reads addresses',
    supports_video_input: 'takes video',
    supports_vision: 'takes images',
    supports_web_search: 'searches the web',
    supports_xhigh_reasoning_effort: 'effort `xhigh`',
  },
};

export const groups: readonly FieldGroup[] = [tieredPrices, plainPrices, shapedPrices, provenance, limits, facts];

/** Thousands of prompt tokens above which another price holds. */
export const tiers = [32, 100, 128, 200, 256, 272, 512] as const;
export const serviceTiers = ['flex', 'priority', 'ultrafast', 'balanced', 'batches', 'decisions'] as const;

const tierPattern = new RegExp(`^(.*?)(?:_above_(?:${tiers.join('|')})k_tokens)?(?:_(?:${serviceTiers.join('|')}))?$`);

/** The name of a price without its tiers; undefined where it is no price of the list. */
export function basePrice(field: string): string | undefined {
  if (field in plainPrices.fields) return field;
  const base = tierPattern.exec(field)?.[1] ?? '';
  return base in tieredPrices.fields ? base : undefined;
}

export const isPrice = (field: string): boolean => basePrice(field) !== undefined || field in shapedPrices.fields;
export const isProvenance = (field: string): boolean => field in provenance.fields;
export const isLimit = (field: string): boolean => field in limits.fields;
export const isKnown = (field: string): boolean => isPrice(field) || groups.some(({ fields }) => field in fields);

/** A price of one token, in USD. */
export const isTokenPrice = (field: string): boolean => /_token(?:_|$)/.test(field) && !/_dbu_/.test(field);
