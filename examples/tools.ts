// A tool call and its result, with three providers. Run: npm run build && npx tsx examples/tools.ts
import { type ChatMessage, completion, type FunctionTool } from 'callm';
import { offline } from './offline.js';

const server = await offline();

const weather: FunctionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather in a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
const getWeather = (city: string): string => `${city}: 21 degrees, clear`;

for (const model of ['openai/gpt-4o-mini', 'anthropic/claude-haiku-4-5', 'gemini/gemini-2.5-flash']) {
  const messages: ChatMessage[] = [{ role: 'user', content: 'How is the weather in Paris and London?' }];
  for (;;) {
    const { choices } = await completion({ model, messages, tools: [weather] });
    const message = choices[0]?.message;
    if (message?.tool_calls === undefined) {
      console.log(`${model}: ${message?.content}`);
      break;
    }
    // The message goes back as it came: it may carry what the provider wants to see again.
    messages.push(message);
    for (const call of message.tool_calls) {
      if (call.type !== 'function') continue;
      const { city } = JSON.parse(call.function.arguments) as { city: string };
      console.log(`${model} calls ${call.function.name}(${city})`);
      messages.push({ role: 'tool', tool_call_id: call.id, content: getWeather(city) });
    }
  }
}

// In a stream a call comes in pieces; `final()` has put them together.
const stream = await completion({
  model: 'openai/gpt-4o-mini',
  messages: [{ role: 'user', content: 'How is the weather in Oslo?' }],
  tools: [weather],
  tool_choice: 'required',
  stream: true,
});
const { choices } = await stream.final();
console.log(`streamed: ${choices[0]?.message.tool_calls?.[0]?.function?.arguments}`);

await server.close();
