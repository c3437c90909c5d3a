// node import-probe.mjs <what> [api_base]: imports it, makes a first call when given an address, prints the cost.
const specifiers = {
  undici: 'undici',
  tiny: './setup.mjs',
  callm: '../../dist/index.js',
  openai: 'openai',
  ai: 'ai',
};
const [what, api_base] = process.argv.slice(2);
const specifier = specifiers[what];
const rss = process.memoryUsage.rss();
const cpu = process.cpuUsage();
const library = await import(specifier);
if (api_base) {
  const messages = [{ role: 'user', content: 'hello' }];
  const answer = await library.completion({ model: 'openai/gpt-4o', api_key: 'k', api_base, messages });
  if (!answer.choices[0].message.content) throw new Error('the first call brought no text');
}
const { user, system } = process.cpuUsage(cpu);
const grown = process.memoryUsage.rss() - rss;
process.stdout.write(JSON.stringify({ cpu: user + system, rss: grown }), () => process.exit());
