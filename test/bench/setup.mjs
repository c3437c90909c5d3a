// What server and clients must agree on.

export const WRITE = 16 * 1024;

/** How many pieces of text each kind of stream carries. */
export const CHUNKS = { burst: 2000, lone: 250, first: 40, hold: 60 };

/** A held stream falls silent after so many. */
export const HELD_AFTER = 50;

export const MODELS = {
  openai: 'gpt-4o',
  anthropic: 'claude-sonnet-4-5',
  gemini: 'gemini-2.5-flash',
  vertex: 'claude-sonnet-4-5@20250929',
  invoke: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
  signed: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
  converse: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
};

/** As long as real ones are: what is kept out of messages and logs is looked for everywhere. */
export const KEY = `sk-proj-${'A7qLx0Zk'.repeat(13)}`;

/** Of Vertex AI. */
export const PLACE = { project: 'bench', location: 'us-east5' };
export const TOKEN = `ya29.a0${'AfH6SM-x'.repeat(25)}`;

/** Of AWS. */
export const REGION = 'us-east-1';
export const KEYS = { id: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

export const MESSAGES = [
  { role: 'system', content: 'You answer briefly and say where the facts come from.' },
  {
    role: 'user',
    content: 'What is the weather like in Paris over a year? Give typical temperatures, rain and what to wear.',
  },
];

export const MAX_TOKENS = 4096;

export const inputs = (count) => Array.from({ length: count }, (_, i) => `Sentence number ${i} of the text to embed.`);
