/** What a call's tokens cost: each kind is taken out of the total and billed at its own rate, the rest at the plain one. */
import type { Bill } from './lines.js';
import type { ProviderRules } from './provider-rules.js';
import type { Quantities } from './quantities.js';
import type { Rate, RateCard } from './rates.js';

export function addTokens(bill: Bill, card: RateCard, used: Quantities, rules: ProviderRules): void {
  addInput(bill, card, used, rules);
  addOutput(bill, card, used);
}

function addInput(bill: Bill, card: RateCard, used: Quantities, rules: ProviderRules): void {
  const input = card.rate('input_cost_per_token');
  const { cached, cached_audio, cached_image, written, written_1h, written_12h, audio_in, image_in, video_in } = used;
  const own = (field: string): Rate | undefined => special(card.rate(field), input, 'as input');

  if (cached + cached_audio + cached_image > 0) {
    const read = card.rate('cache_read_input_token_cost') ?? uncachedRate(input, rules);
    bill.add('cache_read', cached, 'token', read);
    bill.add('cache_read_audio', cached_audio, 'token', card.rate('cache_read_input_audio_token_cost') ?? read);
    bill.add('cache_read_image', cached_image, 'token', card.rate('cache_read_input_image_token_cost') ?? read);
  }
  if (written + written_1h + written_12h > 0) {
    const write = card.rate('cache_creation_input_token_cost') ?? withRule(input, 'no price of its own: as input');
    bill.add('cache_write', written, 'token', write);
    bill.add('cache_write_1h', written_1h, 'token', card.rate('cache_creation_input_token_cost_above_1hr') ?? write);
    bill.add('cache_write_12h', written_12h, 'token', card.rate('cache_creation_input_token_cost_above_12hr') ?? write);
  }
  // Models billed by the length of the sound or film count its tokens nowhere else.
  if (audio_in > 0 && (used.audio_seconds === 0 || card.plain('input_cost_per_audio_per_second') === undefined))
    bill.add('audio_input', audio_in, 'token', own('input_cost_per_audio_token'));
  if (image_in > 0) bill.add('image_input', image_in, 'token', own('input_cost_per_image_token'));
  if (video_in > 0 && (used.video_seconds === 0 || card.plain('input_cost_per_video_per_second') === undefined))
    bill.add('video_input', video_in, 'token', own('input_cost_per_video_token'));

  const apart =
    cached + cached_audio + cached_image + written + written_1h + written_12h + audio_in + image_in + video_in;
  bill.add('input', used.prompt - apart, 'token', input);

  if (used.images > 0) bill.add('images', used.images, 'image', card.rate('input_cost_per_image'));
  if (used.characters > 0) bill.add('characters', used.characters, 'character', card.rate('input_cost_per_character'));
  if (used.audio_seconds > 0)
    bill.add('audio_seconds', used.audio_seconds, 'second', card.rate('input_cost_per_audio_per_second'));
  if (used.video_seconds > 0)
    bill.add('video_seconds', used.video_seconds, 'second', card.rate('input_cost_per_video_per_second'));
}

function addOutput(bill: Bill, card: RateCard, used: Quantities): void {
  const { completion, reasoning, audio_out, image_out, video_out, citation } = used;
  if (completion > 0 || reasoning > 0) {
    const output = card.rate('output_cost_per_token');
    const own = (field: string): Rate | undefined => special(card.rate(field), output, 'as output');
    // Counts beyond the total are told apart from it, not in it.
    const rest = completion - audio_out - image_out - video_out;
    const thought = Math.min(reasoning, Math.max(rest, 0));
    if (thought > 0) bill.add('reasoning', thought, 'token', own('output_cost_per_reasoning_token'));
    if (audio_out > 0) bill.add('audio_output', audio_out, 'token', own('output_cost_per_audio_token'));
    if (image_out > 0) bill.add('image_output', image_out, 'token', own('output_cost_per_image_token'));
    if (video_out > 0) bill.add('video_output', video_out, 'token', own('output_cost_per_video_token'));
    bill.add('output', rest - thought, 'token', output);
  }
  if (citation > 0) bill.add('citations', citation, 'token', card.rate('citation_cost_per_token'));
}

/** A kind's own rate; the plain one where it has none, or none for the tier that the plain one is of. */
function special(own: Rate | undefined, plain: Rate | undefined, rule: string): Rate | undefined {
  if (own !== undefined && (own.general !== true || plain === undefined || plain.general === true)) return own;
  return withRule(plain, `no price of its own: ${rule}`);
}

function withRule(rate: Rate | undefined, rule: string): Rate | undefined {
  if (rate === undefined) return undefined;
  const { value, field, rule: before, assumed, general } = rate;
  return { value, field, rule: before === undefined ? rule : `${before}, ${rule}`, assumed, general };
}

/** Cached input without a price: as input, or the share of it that the provider documents. */
function uncachedRate(input: Rate | undefined, rules: ProviderRules): Rate | undefined {
  if (input === undefined) return undefined;
  const { cached_share: share } = rules;
  return share === undefined
    ? ({ ...withRule(input, 'no cached price: as input'), assumed: true } as Rate)
    : withRule({ ...input, value: input.value * share }, `no cached price: ${share} of input`);
}
