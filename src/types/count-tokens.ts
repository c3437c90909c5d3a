/** What a provider says of the tokens of a prompt. */
export interface CountTokensResponse {
  input_tokens: number;
  /** What else the provider said. */
  provider_specific_fields?: Record<string, unknown>;
}
