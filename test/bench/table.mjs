// The results as plain text: goal beside figure, peers side by side.

export function header(versions) {
  const peers = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${peers.join(', ')}, Node ${process.versions.node}`,
    'Ratios are to raw undici in the same run (× below 1 is less than raw); raw itself is in its unit.',
    '',
    line(['', 'raw undici', 'callm', 'goal', '', 'openai-node', 'AI SDK']),
  ].join('\n');
}

/** One line of the table; errors and notes follow it. */
export function format({ name, unit, absolute, goal, results, note }) {
  const figure = (result) => {
    if (result === undefined) return '–';
    if (result.error) return 'failed';
    return absolute ? amount(result.value, unit) : ratio(result.ratio, goal);
  };
  const { raw, callm, openai, ai, base64 } = results;
  const goalText = `≤ ${absolute ? amount(goal, unit) : goal}`;
  const reached = met({ absolute, goal, results });
  const verdict = reached === undefined ? '' : reached ? 'met' : 'not met';
  const lines = [
    line([
      name,
      raw?.value === undefined ? '–' : amount(raw.value, unit),
      figure(callm),
      goalText,
      verdict,
      figure(openai),
      figure(ai),
    ]),
  ];
  if (callm?.low !== undefined) lines.push(`    half of the rounds: ${ratio(callm.low)} to ${ratio(callm.high)}`);
  if (base64?.ratio !== undefined) lines.push(`    raw undici with base64, decoded by hand: ${ratio(base64.ratio)}`);
  if (note) lines.push(`    ${note}`);
  for (const [who, result] of Object.entries(results)) {
    if (result?.error) lines.push(`    ${who} failed: ${result.error.split('\n')[0]}`);
  }
  return lines.join('\n');
}

/** Whether callm reaches the goal; undefined where it was not measured. */
export function met({ absolute, goal, results }) {
  const value = absolute ? results.callm?.value : results.callm?.ratio;
  return value === undefined ? undefined : value <= goal;
}

const widths = [42, 11, 9, 10, 8, 12, 9];
const line = (cells) =>
  cells
    .map((cell, i) => (i === 0 || i === 4 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
    .join(' ')
    .trimEnd();

/** Two decimals; four where rounding would make a figure look as if it met its goal. */
function ratio(value, goal) {
  if (value > goal && Number(value.toFixed(2)) <= goal) return value.toFixed(4);
  return value.toFixed(value < 10 ? 2 : 1);
}

function amount(value, unit) {
  if (unit === 'µs' && value >= 1000) return `${(value / 1000).toFixed(1)} ms`;
  return `${Number.isInteger(value) ? value : value.toFixed(value < 10 ? 2 : 1)} ${unit}`.trimEnd();
}
