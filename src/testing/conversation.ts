/** A tool that the caller offers. `schema` is the JSON schema of its arguments. */
export interface Tool {
  name: string;
  description: string;
  schema: unknown;
}

/** What a request of any protocol asks of the model: all that the answer depends on. */
export interface Conversation {
  system: string;
  /** Text of the last user message. */
  question: string;
  /** Number of user messages. */
  turn: number;
  /** Kinds of the parts that are no text in the last user message: `image`, `audio`, `file` … */
  media: readonly string[];
  /** Results of tools at the end of the conversation, not yet answered. */
  results: readonly { name: string; text: string }[];
  tools: readonly Tool[];
  /** `names`, when given, are the only tools that may be called. */
  choice: { mode: 'auto' | 'none' | 'required'; names?: readonly string[] };
  /** Whether one answer may hold several tool calls. */
  parallel: boolean;
  /** The form of the answer: free text, any JSON object, or an instance of a JSON schema. */
  format: { type: 'text' | 'json' } | { type: 'schema'; schema: unknown };
  input_tokens: number;
  max_tokens: number;
  stop: readonly string[];
  thinking: boolean;
}
