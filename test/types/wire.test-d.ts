/**
 * The wire types against the `openai` package's, in both directions. Nothing runs: `npm run types` checks it.
 * `toExtend` is assignability; a line under `@ts-expect-error` must not compile.
 */
import type OpenAI from 'openai';
import { describe, expectTypeOf, it } from 'vitest';
import type {
  AssistantMessage,
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionMessage,
  ChatMessage,
  ChatParams,
  Choice,
  ContentPart,
  Delta,
  EmbeddingParams,
  EmbeddingResponse,
  FinishReason,
  FunctionDefinition,
  Logprobs,
  ParsedChatCompletion,
  PartialChatCompletion,
  ReasoningEffort,
  RerankParams,
  RerankResponse,
  ResponseFormat,
  StreamOptions,
  ThinkingBlock,
  ThinkingParam,
  Tool,
  ToolCall,
  ToolChoice,
  Usage,
  WebSearchOptions,
} from '../../src/types/index.js';

type Known<T> = { [K in keyof T]-?: unknown };
type NonNull<T> = Exclude<T, null | undefined>;
type Base = OpenAI.ChatCompletionCreateParams;

describe('what we return is accepted where the openai package is expected', () => {
  it('completions', () => {
    expectTypeOf<ChatCompletion>().toExtend<OpenAI.ChatCompletion>();
    expectTypeOf<ChatCompletionMessage>().toExtend<OpenAI.ChatCompletionMessage>();
    expectTypeOf<ParsedChatCompletion<{ city: string }>>().toExtend<OpenAI.ChatCompletion>();
    expectTypeOf<Usage>().toExtend<OpenAI.CompletionUsage>();
    expectTypeOf<Logprobs>().toEqualTypeOf<NonNull<OpenAI.ChatCompletion.Choice['logprobs']>>();
    expectTypeOf<FinishReason>().toEqualTypeOf<OpenAI.ChatCompletion.Choice['finish_reason']>();
  });

  it('chunks', () => {
    expectTypeOf<ChatCompletionChunk>().toExtend<OpenAI.ChatCompletionChunk>();
    expectTypeOf<Delta>().toExtend<OpenAI.ChatCompletionChunk.Choice.Delta>();
  });

  it('embeddings', () => {
    expectTypeOf<EmbeddingResponse<number[]>>().toExtend<OpenAI.CreateEmbeddingResponse>();
    expectTypeOf<EmbeddingResponse<string>>().not.toExtend<OpenAI.CreateEmbeddingResponse>();
    expectTypeOf<EmbeddingResponse['data'][number]['embedding']>().toEqualTypeOf<number[] | string>();
  });

  it('an answer goes into the next request of the openai package too', () => {
    expectTypeOf<ChatCompletionMessage>().toExtend<OpenAI.ChatCompletionMessageParam>();
  });

  it('a cut answer is not passed off as a whole one', () => {
    expectTypeOf<ChatCompletion>().toExtend<PartialChatCompletion>();
    expectTypeOf<PartialChatCompletion>().not.toExtend<ChatCompletion>();
    expectTypeOf<PartialChatCompletion['choices'][number]['finish_reason']>().toEqualTypeOf<FinishReason | null>();
  });
});

describe('what the openai package returns is accepted by us', () => {
  it('completions, chunks, embeddings', () => {
    expectTypeOf<OpenAI.ChatCompletion>().toExtend<ChatCompletion>();
    expectTypeOf<OpenAI.ChatCompletionChunk>().toExtend<ChatCompletionChunk>();
    expectTypeOf<OpenAI.CreateEmbeddingResponse>().toExtend<EmbeddingResponse>();
  });

  it('history', () => {
    expectTypeOf<OpenAI.ChatCompletionMessageParam[]>().toExtend<ChatMessage[]>();
    expectTypeOf<OpenAI.ChatCompletionMessage>().toExtend<AssistantMessage>();
    expectTypeOf<ChatCompletionMessage>().toExtend<AssistantMessage>();
    expectTypeOf<ParsedChatCompletion<string>['choices'][number]['message']>().toExtend<ChatMessage>();
    expectTypeOf<OpenAI.ChatCompletionContentPart>().toExtend<ContentPart>();
  });

  it('requests', () => {
    expectTypeOf<OpenAI.ChatCompletionCreateParamsNonStreaming>().toExtend<ChatParams>();
    expectTypeOf<OpenAI.ChatCompletionCreateParamsStreaming>().toExtend<ChatParams>();
    expectTypeOf<OpenAI.ChatCompletionTool>().toExtend<Tool>();
    expectTypeOf<OpenAI.ChatCompletionToolChoiceOption>().toExtend<ToolChoice>();
    expectTypeOf<OpenAI.FunctionDefinition>().toExtend<FunctionDefinition>();
    expectTypeOf<OpenAI.EmbeddingCreateParams>().toExtend<EmbeddingParams>();
  });
});

describe('ChatParams', () => {
  it('names every param of OpenAI, and only `thinking` besides', () => {
    expectTypeOf<Exclude<keyof Base, keyof ChatParams>>().toEqualTypeOf<never>();
    expectTypeOf<Exclude<keyof ChatParams, keyof Base>>().toEqualTypeOf<'thinking'>();
  });

  it('requires model and messages alone', () => {
    expectTypeOf<{ model: string; messages: ChatMessage[] }>().toExtend<ChatParams>();
    expectTypeOf<{ model: string }>().not.toExtend<ChatParams>();
    expectTypeOf<{ messages: ChatMessage[] }>().not.toExtend<ChatParams>();
  });

  it('takes null for everything else', () => {
    type Optional = Exclude<keyof ChatParams, 'model' | 'messages'>;
    expectTypeOf<{ [K in Optional]: null }>().toExtend<Omit<ChatParams, 'model' | 'messages'>>();
    expectTypeOf<{ model: null; messages: [] }>().not.toExtend<ChatParams>();
  });

  it('has the values of OpenAI where the list is closed', () => {
    expectTypeOf<ReasoningEffort>().toEqualTypeOf<NonNull<OpenAI.ReasoningEffort>>();
    expectTypeOf<ToolChoice>().toEqualTypeOf<OpenAI.ChatCompletionToolChoiceOption>();
    expectTypeOf<Known<StreamOptions>>().toEqualTypeOf<Known<OpenAI.ChatCompletionStreamOptions>>();
    expectTypeOf<NonNull<Base['response_format']>>().toExtend<ResponseFormat>();
    expectTypeOf<ResponseFormat>().toExtend<NonNull<Base['response_format']>>();
    expectTypeOf<WebSearchOptions>().toEqualTypeOf<NonNull<Base['web_search_options']>>();
    expectTypeOf<NonNull<ChatParams['verbosity']>>().toEqualTypeOf<NonNull<Base['verbosity']>>();
    expectTypeOf<NonNull<ChatParams['moderation']>>().toEqualTypeOf<NonNull<Base['moderation']>>();
    expectTypeOf<NonNull<ChatParams['prompt_cache_options']>>().toEqualTypeOf<NonNull<Base['prompt_cache_options']>>();
    expectTypeOf<NonNull<ChatParams['prediction']>>().toExtend<NonNull<Base['prediction']>>();
    expectTypeOf<NonNull<ChatParams['audio']>>().toExtend<NonNull<Base['audio']>>();
  });

  it('takes what goes beyond OpenAI', () => {
    const params: ChatParams = {
      model: 'anthropic/some-model',
      messages: [
        {
          role: 'system',
          content: [{ type: 'text', text: 'Brief.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
        },
        {
          role: 'user',
          content: [
            { type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } },
            { type: 'image_url', image_url: { url: 'gs://bucket/a', format: 'image/png' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          reasoning_content: 'Hm.',
          thinking_blocks: [
            { type: 'thinking', thinking: 'Hm.', signature: 'abc' },
            { type: 'redacted_thinking', data: 'xyz' },
          ],
          tool_calls: [
            {
              id: 'call_1',
              type: 'function',
              function: { name: 'look', arguments: '{}' },
              provider_specific_fields: { thought_signature: 'sig' },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'image_url', image_url: { url: 'data:,' } }] },
      ],
      tools: [
        { type: 'function', function: { name: 'look', strict: true }, cache_control: { type: 'ephemeral' } },
        { type: 'web_search_20250305', name: 'web_search', max_uses: 3 },
      ],
      thinking: { type: 'enabled', budget_tokens: 1024 },
      reasoning_effort: 'max',
    };
    expectTypeOf(params).toExtend<ChatParams>();
  });

  it('refuses what is wrong', () => {
    expectTypeOf<'extreme'>().not.toExtend<ReasoningEffort>();
    expectTypeOf<{ type: 'enabled' }>().not.toExtend<ThinkingParam>();
    expectTypeOf<{ role: 'tool'; content: string }>().not.toExtend<ChatMessage>();
    expectTypeOf<{ type: 'custom'; custom: { name: number } }>().not.toExtend<Tool>();
    expectTypeOf<{
      type: 'text';
      text: string;
      cache_control: { type: 'ephemeral'; ttl: '2h' };
    }>().not.toExtend<ContentPart>();
    expectTypeOf<{ type: 'json_schema'; json_schema: { schema: {} } }>().not.toExtend<ResponseFormat>();
    // @ts-expect-error -- a misspelt param
    void ({ model: 'm', messages: [], temprature: 1 } satisfies ChatParams);
  });
});

describe('narrowing', () => {
  it('of messages, tool calls, tools and thinking blocks', () => {
    const message = {} as ChatMessage;
    if (message.role === 'tool') expectTypeOf(message.tool_call_id).toBeString();

    const call = {} as ToolCall;
    if (call.type === 'custom') expectTypeOf(call.custom.input).toBeString();
    else expectTypeOf(call.function.arguments).toBeString();
    if (call.function) expectTypeOf(call.type).toEqualTypeOf<'function'>();

    const tool = {} as Tool;
    if (tool.function) expectTypeOf(tool.type).toEqualTypeOf<'function'>();
    else if (tool.custom) expectTypeOf(tool.type).toEqualTypeOf<'custom'>();
    else expectTypeOf(tool.type).toBeString();

    const block = {} as ThinkingBlock;
    if (block.type === 'redacted_thinking') expectTypeOf(block.data).toBeString();
    else expectTypeOf(block.signature).toEqualTypeOf<string | undefined>();
  });

  it('of answers', () => {
    expectTypeOf<Choice['logprobs']>().toEqualTypeOf<Logprobs | null>();
    expectTypeOf<ParsedChatCompletion<{ n: number }>['choices'][0]['message']['parsed']>().toEqualTypeOf<{
      n: number;
    } | null>();
    expectTypeOf<ParsedChatCompletion<number>>().toExtend<ChatCompletion>();
    expectTypeOf<ChatCompletion>().not.toExtend<ParsedChatCompletion<number>>();
  });
});

describe('embeddings and rerank', () => {
  it('take the inputs of text and multimodal models', () => {
    expectTypeOf<string | string[] | number[] | number[][] | ContentPart[]>().toExtend<EmbeddingParams['input']>();
    void ([{ image: 'https://example.com/a.png' }, 'text'] satisfies EmbeddingParams['input']);
    void ([{ content: [{ type: 'text', text: 'a' }] }] satisfies EmbeddingParams['input']);
    expectTypeOf<Array<number | string>>().not.toExtend<EmbeddingParams['input']>();
  });

  it('rerank documents are texts or objects', () => {
    void ({ model: 'm', query: 'q', documents: ['a', { text: 'b', title: 'c' }], top_n: 1 } satisfies RerankParams);
    expectTypeOf<{ model: string; documents: string[] }>().not.toExtend<RerankParams>();
    expectTypeOf<NonNull<RerankResponse['results'][number]['document']>['text']>().toEqualTypeOf<string | undefined>();
  });
});
