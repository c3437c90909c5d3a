// What is asked of both routers, as data. `node scenarios.mjs` prints it as JSON.
//
// A scenario: `model_list` and `settings` (LiteLLM's names; a path in `api_base` stands for the server's address),
// `script` (what each deployment's server does: server.mjs), `calls`, and `probe`: groups whose members are asked for at the
// end, all answering, until chance is out: the fact is who serves.
// A call: `model`, `options` of the call, `stream`; before it `wait` (seconds) and a new `script`. `times` makes many
// in sequence (`pause` between), `together` all at once (or one `every` so many seconds). What is observed: the deployments hit in order and the outcome; of many
// calls the sets of both, how many requests a call took, whether a call hit a deployment twice. On request `waits` (how
// long before each further request), `sent` (fields of the bodies), `share` (of hits), `peak` (most at once, by deployment).
import { pathToFileURL } from 'node:url';

/** One deployment: its group, parameters beside model and address, and model_info beside the id. */
const at = (model_name, id, params = {}, info = {}) => ({
  model_name,
  litellm_params: { model: `openai/model-${id}`, api_base: `/d/${id}`, api_key: `key-${id}`, ...params },
  model_info: { id, ...info },
});

const one = [at('g', 'a')];
const two = [at('g', 'a'), at('g', 'b')];
/** `a` is chosen as long as it may be, then `b`. */
const steeredBy = (params) => [at('g', 'a', { weight: 1, ...params }), at('g', 'b', { weight: 0 })];
const steered = steeredBy({});
const three = [at('g', 'a'), at('g', 'b'), at('g', 'c')];
const chain = [at('g', 'a'), at('h', 'b'), at('i', 'c'), at('j', 'd')];
const call = { model: 'g' };
const streamed = { model: 'g', stream: true };
const quick = { num_retries: 0 };
const long = 'word '.repeat(400);

/** `a` fails with a step; what a group of one does, and what two do. */
const alone = (step, more = {}) => ({
  model_list: one,
  script: { a: [step] },
  settings: { num_retries: 1 },
  calls: [call],
  probe: ['g'],
  ...more,
});
const paired = (step, more = {}) => ({
  model_list: two,
  script: { a: [step], b: ['ok'] },
  settings: { num_retries: 1 },
  calls: [{ ...call, times: 20 }],
  probe: ['g'],
  ...more,
});
/** The same where the first is sure to be the one that fails. */
const led = (step, more = {}) => ({
  model_list: steered,
  script: { a: [step], b: ['ok'] },
  settings: { num_retries: 1 },
  calls: [call],
  probe: ['g'],
  ...more,
});

export const scenarios = {
  // How often
  'a second try serves': {
    model_list: one,
    script: { a: [500, 'ok'] },
    settings: { num_retries: 2 },
    calls: [call],
    probe: ['g'],
  },
  'retries by default': { model_list: one, script: { a: [500] }, calls: [call], probe: ['g'] },
  'no retries': { model_list: one, script: { a: [500] }, settings: quick, calls: [call] },
  'retries of the call over the router': {
    model_list: one,
    script: { a: [500] },
    settings: { num_retries: 2 },
    calls: [
      { ...call, options: { num_retries: 1 } },
      { ...call, options: quick },
    ],
  },
  'retries of the deployment over the router': {
    model_list: [at('g', 'a', { num_retries: 1 })],
    script: { a: [500] },
    settings: { num_retries: 3 },
    calls: [call],
  },
  'the last error of the retries is told': {
    model_list: one,
    script: { a: [500, 503] },
    settings: { num_retries: 1 },
    calls: [call],
  },

  // By status, alone
  '400 alone': alone(400),
  '401 alone': alone(401),
  '402 alone': alone(402),
  '403 alone': alone(403),
  '404 alone': alone(404),
  '408 alone': alone(408),
  '409 alone': alone(409),
  '413 alone': alone(413),
  '422 alone': alone(422),
  '429 alone': alone(429, { calls: [{ ...call, waits: true }] }),
  '429 with retry-after alone': alone({ step: 429, retry_after: 1 }, { calls: [{ ...call, waits: true }] }),
  '429 with a long retry-after alone': alone({ step: 429, retry_after: 61 }, { calls: [{ ...call, waits: true }] }),
  '503 with retry-after alone': alone({ step: 503, retry_after: 1 }, { calls: [{ ...call, waits: true }] }),
  'quota alone': alone('quota'),
  '500 alone': alone(500, { calls: [{ ...call, waits: true }] }),
  '502 alone': alone(502),
  '503 alone': alone(503),
  '504 alone': alone(504),
  '529 alone': alone(529),
  'reset alone': alone('reset'),
  'hang alone': alone('hang', { settings: { num_retries: 1, timeout: 0.3 } }),
  'html alone': alone('html'),

  // By status, with a sibling that serves
  '400 with a sibling': paired(400),
  '401 with a sibling': paired(401),
  '402 with a sibling': led(402),
  '403 with a sibling': paired(403),
  '404 with a sibling': paired(404),
  '408 with a sibling': led(408),
  '429 with a sibling': paired(429),
  'quota with a sibling': paired('quota'),
  '500 with a sibling': led(500),
  '503 with a sibling': led(503),
  'reset with a sibling': led('reset'),
  'hang with a sibling': led('hang', { settings: { num_retries: 1, timeout: 0.3 } }),
  'html with a sibling': led('html'),

  // Retries among siblings
  'retries choose siblings not tried': {
    model_list: three,
    script: { a: [500], b: [500], c: [500] },
    settings: { num_retries: 2, disable_cooldowns: true },
    calls: [{ ...call, times: 25 }],
  },
  'no wait before a sibling': {
    model_list: steered,
    script: { a: [429], b: ['ok'] },
    settings: { num_retries: 1 },
    calls: [{ ...call, waits: true }],
  },
  'no wait before a sibling, cooldowns disabled': {
    model_list: steered,
    script: { a: [429], b: ['ok'] },
    settings: { num_retries: 1, disable_cooldowns: true },
    calls: [{ ...call, waits: true }],
  },
  'a sibling need not wait for the retry-after': {
    model_list: steered,
    script: { a: [{ step: 429, retry_after: 1 }], b: ['ok'] },
    settings: { num_retries: 1 },
    calls: [{ ...call, waits: true }],
  },
  'retry-after, cooldowns disabled': {
    model_list: steered,
    script: { a: [{ step: 429, retry_after: 1 }, 'ok'], b: [{ step: 429, retry_after: 1 }, 'ok'] },
    settings: { num_retries: 2, disable_cooldowns: true },
    calls: [{ ...call, waits: true }],
  },
  'all siblings say 429': {
    model_list: two,
    script: { a: [429], b: [429] },
    settings: { num_retries: 3 },
    calls: [{ ...call, numbered: true }, call],
    probe: ['g'],
  },
  'all siblings say 401': {
    model_list: two,
    script: { a: [401], b: [401] },
    settings: { num_retries: 3 },
    calls: [{ ...call, numbered: true }, call],
    probe: ['g'],
  },
  'all siblings say 429 and a group to fall back to': {
    model_list: [...two, at('h', 'c')],
    script: { a: [429], b: [429], c: ['ok'] },
    settings: { num_retries: 3, fallbacks: [{ g: ['h'] }] },
    calls: [{ ...call, numbered: true }, call],
  },
  'retry_after is the least wait': {
    model_list: one,
    script: { a: [500, 'ok'] },
    settings: { num_retries: 1, retry_after: 2 },
    calls: [{ ...call, waits: 2 }],
  },

  // Policies of retries
  'retry policy overrides the count': {
    model_list: one,
    script: { a: [500] },
    settings: { num_retries: 0, retry_policy: { InternalServerErrorRetries: 2 } },
    calls: [call],
  },
  'retry policy overrides the veto': {
    model_list: one,
    script: { a: [400] },
    settings: { num_retries: 0, retry_policy: { BadRequestErrorRetries: 2 } },
    calls: [call],
  },
  'retry policy of none': {
    model_list: one,
    script: { a: [429] },
    settings: { num_retries: 2, retry_policy: { RateLimitErrorRetries: 0 } },
    calls: [call],
  },
  'retry policy on 401': {
    model_list: one,
    script: { a: [401] },
    settings: { num_retries: 0, retry_policy: { AuthenticationErrorRetries: 1 }, disable_cooldowns: true },
    calls: [call],
  },
  'retry policy of another class': {
    model_list: one,
    script: { a: [500] },
    settings: { num_retries: 0, retry_policy: { TimeoutErrorRetries: 2 } },
    calls: [call],
  },
  'retry policy and the call': {
    model_list: one,
    script: { a: [500] },
    settings: { retry_policy: { InternalServerErrorRetries: 2 } },
    calls: [
      { ...call, options: { num_retries: 1 } },
      { ...call, options: { num_retries: 0 } },
    ],
  },
  'retry policy of a group': {
    model_list: one,
    script: { a: [500] },
    settings: {
      num_retries: 0,
      retry_policy: { InternalServerErrorRetries: 1 },
      model_group_retry_policy: { g: { InternalServerErrorRetries: 2 } },
    },
    calls: [call],
  },
  'retry policy on content policy': {
    model_list: one,
    script: { a: ['policy'] },
    settings: { num_retries: 0, retry_policy: { ContentPolicyViolationErrorRetries: 1 } },
    calls: [call],
  },

  // Cooldowns
  'allowed_fails 1 trips on the second': {
    model_list: steered,
    script: { a: [500], b: [500] },
    settings: { num_retries: 0, allowed_fails: 1 },
    calls: [call, call],
    probe: ['g'],
  },
  'allowed_fails 1 endures one': {
    model_list: steered,
    script: { a: [500] },
    settings: { num_retries: 0, allowed_fails: 1 },
    calls: [call],
    probe: ['g'],
  },
  'allowed_fails 0': {
    model_list: steered,
    script: { a: [500] },
    settings: { num_retries: 0, allowed_fails: 0 },
    calls: [call],
    probe: ['g'],
  },
  'allowed_fails 3': {
    model_list: steered,
    script: { a: [500] },
    settings: { num_retries: 0, allowed_fails: 3 },
    calls: [{ ...call, times: 4 }],
    probe: ['g'],
  },
  'allowed_fails counts no 400': {
    model_list: steered,
    script: { a: [400] },
    settings: { num_retries: 0, allowed_fails: 0 },
    calls: [call],
    probe: ['g'],
  },
  'allowed_fails and 429': {
    model_list: steered,
    script: { a: [429] },
    settings: { num_retries: 0, allowed_fails: 2 },
    calls: [call],
    probe: ['g'],
  },
  'allowed_fails and a success between': {
    model_list: steered,
    script: { a: [500, 'ok', 500] },
    settings: { num_retries: 0, allowed_fails: 1 },
    calls: [{ ...call, times: 3 }],
    probe: ['g'],
  },
  'allowed_fails alone': { ...alone(500), settings: { num_retries: 0, allowed_fails: 0 } },
  'allowed_fails alone, 429': { ...alone(429), settings: { num_retries: 0, allowed_fails: 0 } },
  'allowed_fails alone with a group to fall back to': {
    model_list: chain,
    script: { a: [500] },
    settings: { num_retries: 0, allowed_fails: 0, fallbacks: [{ g: ['h'] }] },
    calls: [call, call],
  },
  'allowed_fails of the deployment': {
    model_list: [at('g', 'a', { weight: 1 }, { allowed_fails: 1 }), at('g', 'b', { weight: 0 })],
    script: { a: [500] },
    settings: { num_retries: 0, allowed_fails: 5 },
    calls: [call, call],
    probe: ['g'],
  },
  allowed_fails_policy: {
    model_list: steered,
    script: { a: [429] },
    settings: { num_retries: 0, allowed_fails_policy: { RateLimitErrorAllowedFails: 1 } },
    calls: [{ ...call, times: 2 }],
    probe: ['g'],
  },
  'allowed_fails_policy endures': {
    model_list: steered,
    script: { a: [429] },
    settings: { num_retries: 0, allowed_fails_policy: { RateLimitErrorAllowedFails: 1 } },
    calls: [call],
    probe: ['g'],
  },
  'allowed_fails_policy of 400': {
    model_list: steered,
    script: { a: [400] },
    settings: { num_retries: 0, allowed_fails_policy: { BadRequestErrorAllowedFails: 0 } },
    calls: [call],
    probe: ['g'],
  },
  'four failures of 500': {
    model_list: steered,
    script: { a: [500] },
    settings: quick,
    calls: [{ ...call, times: 4 }],
    probe: ['g'],
  },
  'five failures of 500': {
    model_list: steered,
    script: { a: [500] },
    settings: quick,
    calls: [{ ...call, times: 5 }],
    probe: ['g'],
  },
  'five failures of 500 alone': {
    model_list: one,
    script: { a: [500] },
    settings: quick,
    calls: [{ ...call, times: 5 }],
    probe: ['g'],
  },
  'five resets': {
    model_list: steered,
    script: { a: ['reset'] },
    settings: quick,
    calls: [{ ...call, times: 5 }],
    probe: ['g'],
  },
  'cooldowns disabled': {
    model_list: steered,
    script: { a: [429], b: ['ok'] },
    settings: { num_retries: 0, disable_cooldowns: true },
    calls: [call],
    probe: ['g'],
  },
  'cooldown_time passes': {
    model_list: steered,
    script: { a: [429, 'ok'], b: ['ok'] },
    settings: { num_retries: 0, cooldown_time: 1 },
    calls: [call, call, { ...call, wait: 1.3, times: 10 }],
  },
  'retry-after over cooldown_time': {
    model_list: steered,
    script: { a: [{ step: 429, retry_after: 1 }, 'ok'], b: ['ok'] },
    settings: { num_retries: 0, cooldown_time: 30 },
    calls: [call, { ...call, times: 20 }, { ...call, wait: 1.3, times: 20 }],
  },
  'cooldown_time over a shorter retry-after': {
    model_list: steered,
    script: { a: [{ step: 429, retry_after: 2 }, 'ok'], b: ['ok'] },
    settings: { num_retries: 0, cooldown_time: 0.3 },
    calls: [call, { ...call, wait: 0.6, times: 20 }],
  },
  "deployment's cooldown_time": {
    model_list: steeredBy({ cooldown_time: 1 }),
    script: { a: [{ step: 429, retry_after: 20 }, 'ok'], b: ['ok'] },
    settings: { num_retries: 0, cooldown_time: 30 },
    calls: [call, { ...call, times: 20 }, { ...call, wait: 1.3, times: 20 }],
  },
  "deployment's cooldown_time of 0": {
    model_list: steeredBy({ cooldown_time: 0 }),
    script: { a: [429], b: ['ok'] },
    settings: quick,
    calls: [call],
    probe: ['g'],
  },
  'a deployment by its id while it cools': {
    model_list: two,
    script: { a: [429, 'ok'], b: ['ok'] },
    settings: quick,
    calls: [{ model: 'a' }, { model: 'a' }],
    probe: ['g'],
  },
  'the fallback cools too': {
    model_list: [at('g', 'a'), at('h', 'b', { weight: 1 }), at('h', 'c', { weight: 0 })],
    script: { a: [500], b: [429] },
    settings: { num_retries: 0, fallbacks: [{ g: ['h'] }] },
    calls: [call],
    probe: ['h'],
  },

  // Fallbacks
  'retries, then the fallback': {
    model_list: chain,
    script: { a: [500] },
    settings: { num_retries: 1, fallbacks: [{ g: ['h'] }] },
    calls: [call],
  },
  ...Object.fromEntries(
    [400, 401, 403, 404, 422, 429, 503, 'reset', 'quota', 'html'].map((step) => [
      `fallback on ${step}`,
      {
        model_list: chain,
        script: { a: [step] },
        settings: { num_retries: 0, fallbacks: [{ g: ['h'] }] },
        calls: [call],
      },
    ]),
  ),
  'fallback on a timeout': {
    model_list: chain,
    script: { a: ['hang'] },
    settings: { num_retries: 0, timeout: 0.3, fallbacks: [{ g: ['h'] }] },
    calls: [call],
  },
  'fallbacks in order': {
    model_list: chain,
    script: { a: [500], b: [503] },
    settings: { num_retries: 0, fallbacks: [{ g: ['h', 'i'] }] },
    calls: [call],
  },
  'retries in the fallback group': {
    model_list: chain,
    script: { a: [500], b: [500, 'ok'] },
    settings: { num_retries: 1, fallbacks: [{ g: ['h'] }] },
    calls: [call],
  },
  'fallbacks chain on': {
    model_list: chain,
    script: { a: [500], b: [500] },
    settings: { num_retries: 0, fallbacks: [{ g: ['h'] }, { h: ['i'] }] },
    calls: [call],
  },
  'fallbacks in a circle': {
    model_list: chain,
    script: { a: [500], b: [503] },
    settings: { num_retries: 0, fallbacks: [{ g: ['h'] }, { h: ['g'] }] },
    calls: [call],
  },
  'a group named twice': {
    model_list: chain,
    script: { a: [500], b: [503], c: [502] },
    settings: { num_retries: 0, fallbacks: [{ g: ['h', 'i'] }, { h: ['i'] }] },
    calls: [call],
  },
  'all fallbacks fail': {
    model_list: chain,
    script: { a: [401], b: [503], c: [500] },
    settings: { num_retries: 0, fallbacks: [{ g: ['h', 'i'] }] },
    calls: [call],
  },
  'max_fallbacks bounds a chain': {
    model_list: chain,
    script: { a: [500], b: [500], c: [500], d: ['ok'] },
    settings: { num_retries: 0, max_fallbacks: 2, fallbacks: [{ g: ['h'] }, { h: ['i'] }, { i: ['j'] }] },
    calls: [call],
  },
  'max_fallbacks and a list': {
    model_list: chain,
    script: { a: [500], b: [500], c: [500], d: ['ok'] },
    settings: { num_retries: 0, max_fallbacks: 2, fallbacks: [{ g: ['h', 'i', 'j'] }] },
    calls: [call],
  },
  'max_fallbacks of none': {
    model_list: chain,
    script: { a: [500] },
    settings: { num_retries: 0, max_fallbacks: 0, fallbacks: [{ g: ['h'] }] },
    calls: [call],
  },
  'default fallbacks': {
    model_list: chain,
    script: { a: [500] },
    settings: { num_retries: 0, default_fallbacks: ['i'] },
    calls: [call],
  },
  'own fallbacks over the default ones': {
    model_list: chain,
    script: { a: [500], b: [500] },
    settings: { num_retries: 0, default_fallbacks: ['i'], fallbacks: [{ g: ['h'] }] },
    calls: [call],
  },
  'an unknown group among the fallbacks': {
    model_list: chain,
    script: { a: [500] },
    settings: { num_retries: 0, fallbacks: [{ g: ['nobody', 'h'] }] },
    calls: [call],
  },
  'fallbacks of the call': {
    model_list: chain,
    script: { a: [500] },
    settings: { num_retries: 0, fallbacks: [{ g: ['h'] }] },
    calls: [
      { ...call, options: { fallbacks: ['i'] } },
      { ...call, options: { fallbacks: [{ model: 'j', max_tokens: 7 }] }, sent: ['model', 'max_tokens'] },
      { ...call, options: { fallbacks: [{ g: ['i'] }] } },
      { ...call, options: { fallbacks: [] } },
      { ...call, options: { disable_fallbacks: true } },
    ],
  },
  'a fallback keeps its parameters': {
    model_list: [at('g', 'a', { temperature: 0.1 }), at('h', 'b', { temperature: 0.2 })],
    script: { a: [500] },
    settings: { num_retries: 0, fallbacks: [{ g: ['h'] }] },
    calls: [{ ...call, sent: ['model', 'temperature', 'api_key'] }],
  },

  // Context windows and policies
  'context error has its own fallbacks': {
    model_list: chain,
    script: { a: ['context'] },
    settings: { num_retries: 2, fallbacks: [{ g: ['i'] }], context_window_fallbacks: [{ g: ['h'] }] },
    calls: [call],
  },
  'context error without own fallbacks': {
    model_list: chain,
    script: { a: ['context'] },
    settings: { num_retries: 2, fallbacks: [{ g: ['i'] }] },
    calls: [call],
  },
  'context fallbacks of another group': {
    model_list: chain,
    script: { a: ['context'] },
    settings: { num_retries: 0, fallbacks: [{ g: ['i'] }], context_window_fallbacks: [{ h: ['j'] }] },
    calls: [call],
  },
  'context error and default fallbacks': {
    model_list: chain,
    script: { a: ['context'] },
    settings: { num_retries: 0, default_fallbacks: ['i'] },
    calls: [call],
  },
  'context error, fallbacks of the call': {
    model_list: chain,
    script: { a: ['context'] },
    settings: { num_retries: 0 },
    calls: [
      { ...call, options: { context_window_fallbacks: [{ g: ['h'] }] } },
      { ...call, options: { fallbacks: ['i'] } },
    ],
  },
  'context error with a sibling': paired('context'),
  'a 400 with context fallbacks alone': {
    model_list: chain,
    script: { a: [400] },
    settings: { num_retries: 0, context_window_fallbacks: [{ g: ['h'] }] },
    calls: [call],
  },
  'context error in the context fallback': {
    model_list: chain,
    script: { a: ['context'], b: ['context'] },
    settings: { num_retries: 0, context_window_fallbacks: [{ g: ['h'] }, { h: ['i'] }] },
    calls: [call],
  },
  'policy error has its own fallbacks': {
    model_list: chain,
    script: { a: ['policy'] },
    settings: { num_retries: 2, fallbacks: [{ g: ['i'] }], content_policy_fallbacks: [{ g: ['h'] }] },
    calls: [call],
  },
  'policy error without own fallbacks': {
    model_list: chain,
    script: { a: ['policy'] },
    settings: { num_retries: 2, fallbacks: [{ g: ['i'] }] },
    calls: [call],
  },
  'policy error told by its code alone': {
    model_list: chain,
    script: { a: ['policy_code'] },
    settings: { num_retries: 2, fallbacks: [{ g: ['i'] }], content_policy_fallbacks: [{ g: ['h'] }] },
    calls: [call],
  },
  'policy error, both lists for other groups': {
    model_list: chain,
    script: { a: ['policy'] },
    settings: { num_retries: 0, fallbacks: [{ g: ['i'] }], content_policy_fallbacks: [{ h: ['j'] }] },
    calls: [call],
  },
  'policy error alone': {
    model_list: one,
    script: { a: ['policy'] },
    settings: { num_retries: 2 },
    calls: [call],
    probe: ['g'],
  },
  'a filtered answer': { model_list: one, script: { a: ['filtered'] }, settings: { num_retries: 2 }, calls: [call] },
  'a filtered answer with policy fallbacks': {
    model_list: chain,
    script: { a: ['filtered'] },
    settings: { num_retries: 2, content_policy_fallbacks: [{ g: ['h'] }] },
    calls: [call],
  },
  'a filtered answer with fallbacks': {
    model_list: chain,
    script: { a: ['filtered'] },
    settings: { num_retries: 0, fallbacks: [{ g: ['h'] }] },
    calls: [call],
  },
  'a filtered answer with default fallbacks': {
    model_list: chain,
    script: { a: ['filtered'] },
    settings: { num_retries: 0, default_fallbacks: ['h'] },
    calls: [call],
  },

  // Choosing
  weights: {
    model_list: [at('g', 'a', { weight: 4 }), at('g', 'b', { weight: 1 })],
    settings: quick,
    calls: [{ ...call, times: 900, share: true }],
  },
  'a weight of 0': {
    model_list: [at('g', 'a', { weight: 1 }), at('g', 'b', { weight: 0 })],
    settings: quick,
    calls: [{ ...call, times: 40 }],
  },
  'weights all 0': {
    model_list: [at('g', 'a', { weight: 0 }), at('g', 'b', { weight: 0 })],
    settings: quick,
    calls: [{ ...call, times: 40 }],
  },
  'a weight of 0 serves when nobody else can': {
    model_list: [at('g', 'a', { weight: 1 }), at('g', 'b', { weight: 0 })],
    script: { a: [429] },
    settings: { num_retries: 1 },
    calls: [call, call],
  },
  'a weight on the second alone': {
    model_list: [at('g', 'a'), at('g', 'b', { weight: 4 })],
    settings: quick,
    calls: [{ ...call, times: 40 }],
  },
  'a weight on the first alone': {
    model_list: [at('g', 'a', { weight: 4 }), at('g', 'b')],
    settings: quick,
    calls: [{ ...call, times: 40 }],
  },
  'rpm as weight': {
    model_list: [at('g', 'a', { rpm: 8000 }), at('g', 'b', { rpm: 2000 })],
    settings: quick,
    calls: [{ ...call, times: 900, share: true }],
  },
  'tpm as weight': {
    model_list: [at('g', 'a', { tpm: 8_000_000 }), at('g', 'b', { tpm: 2_000_000 })],
    settings: quick,
    calls: [{ ...call, times: 900, share: true }],
  },
  'rpm is no limit by default': {
    model_list: [at('g', 'a', { rpm: 2 })],
    settings: quick,
    minute: true,
    calls: [{ ...call, times: 5 }],
  },
  'a failing weight is tried again': {
    model_list: steered,
    script: { a: [500] },
    settings: { num_retries: 1 },
    calls: [call],
  },
  order: {
    model_list: [at('g', 'a', { order: 2 }), at('g', 'b', { order: 1 })],
    settings: quick,
    calls: [{ ...call, times: 20 }],
  },
  'the next order after a failure': {
    model_list: [at('g', 'a', { order: 1 }), at('g', 'b', { order: 2 })],
    script: { a: [500] },
    settings: { num_retries: 1 },
    calls: [call],
  },
  'the next order after a 400': {
    model_list: [at('g', 'a', { order: 1 }), at('g', 'b', { order: 2 })],
    script: { a: [400] },
    settings: { num_retries: 1 },
    calls: [call],
  },
  'the next order after a 429': {
    model_list: [at('g', 'a', { order: 1 }), at('g', 'b', { order: 2 })],
    script: { a: [429] },
    settings: { num_retries: 1 },
    calls: [call, call],
  },
  'the next order with fallbacks disabled': {
    model_list: [at('g', 'a', { order: 1 }), at('g', 'b', { order: 2 })],
    script: { a: [500] },
    settings: quick,
    calls: [{ ...call, options: { disable_fallbacks: true } }],
  },
  'orders before fallbacks': {
    model_list: [at('g', 'a', { order: 1 }), at('g', 'b', { order: 2 }), at('h', 'c')],
    script: { a: [500], b: [500] },
    settings: { num_retries: 0, fallbacks: [{ g: ['h'] }] },
    calls: [call],
  },
  tags: {
    model_list: [
      at('g', 'a', { tags: ['paid'] }),
      at('g', 'b', { tags: ['free'] }),
      at('g', 'c', { tags: ['default'] }),
      at('g', 'd'),
    ],
    settings: { num_retries: 0, enable_tag_filtering: true },
    calls: [
      { ...call, options: { metadata: { tags: ['paid'] } }, times: 12 },
      { ...call, options: { metadata: { tags: ['free', 'paid'] } }, times: 24 },
      { ...call, times: 24 },
      { ...call, options: { metadata: { tags: ['unheard-of'] } }, times: 24 },
    ],
  },
  'tags, all of them': {
    model_list: [at('g', 'a', { tags: ['paid'] }), at('g', 'b', { tags: ['paid', 'fast'] })],
    settings: { num_retries: 0, enable_tag_filtering: true, tag_filtering_match_any: false },
    calls: [
      { ...call, options: { metadata: { tags: ['paid', 'fast'] } }, times: 12 },
      { ...call, options: { metadata: { tags: ['paid'] } }, times: 24 },
    ],
  },
  'tags that nobody has': {
    model_list: [at('g', 'a', { tags: ['paid'] })],
    settings: { num_retries: 0, enable_tag_filtering: true },
    calls: [{ ...call, options: { metadata: { tags: ['free'] } } }, call],
  },
  'tags without filtering': {
    model_list: [at('g', 'a', { tags: ['paid'] }), at('g', 'b', { tags: ['free'] })],
    settings: quick,
    calls: [{ ...call, options: { metadata: { tags: ['paid'] } }, times: 24 }],
  },

  // Names
  'an alias': {
    model_list: one,
    settings: { num_retries: 0, model_group_alias: { nick: 'g', hidden: { model: 'g', hidden: true } } },
    calls: [{ model: 'nick' }, { model: 'hidden' }],
  },
  'an alias and fallbacks': {
    model_list: chain,
    script: { a: [500] },
    settings: { num_retries: 0, model_group_alias: { nick: 'g' }, fallbacks: [{ g: ['h'] }, { nick: ['i'] }] },
    calls: [{ model: 'nick' }, { model: 'g' }],
  },
  'an alias, fallbacks of its group': {
    model_list: chain,
    script: { a: [500] },
    settings: { num_retries: 0, model_group_alias: { nick: 'g' }, fallbacks: [{ g: ['h'] }] },
    calls: [{ model: 'nick' }],
  },
  'an alias among the fallbacks': {
    model_list: chain,
    script: { a: [500] },
    settings: { num_retries: 0, model_group_alias: { nick: 'h' }, fallbacks: [{ g: ['nick'] }] },
    calls: [call],
  },
  'a wildcard and fallbacks': {
    model_list: [at('openai/*', 'a', { model: 'openai/*' }), at('h', 'b')],
    script: { a: [500] },
    settings: { num_retries: 0, fallbacks: [{ 'openai/*': ['h'] }, { 'gpt-y': ['h'] }] },
    calls: [{ model: 'openai/gpt-x' }, { model: 'openai/gpt-y' }],
  },
  'a deployment by its id and fallbacks': {
    model_list: chain,
    script: { a: [500] },
    settings: { num_retries: 0, fallbacks: [{ g: ['h'] }] },
    calls: [{ model: 'a' }],
  },
  'a wildcard sends the matched part': {
    model_list: [at('openai/*', 'a', { model: 'openai/*' })],
    settings: quick,
    calls: [{ model: 'openai/some-model', sent: ['model'] }, { model: 'other/some-model' }],
  },
  'the longer pattern, the exact group': {
    model_list: [
      at('openai/*', 'a', { model: 'openai/*' }),
      at('openai/gpt-*', 'b', { model: 'openai/gpt-*' }),
      at('openai/gpt-x', 'c', { model: 'openai/gpt-x' }),
    ],
    settings: quick,
    calls: [
      { model: 'openai/gpt-x', times: 12 },
      { model: 'openai/gpt-y', times: 12, sent: ['model'] },
      { model: 'openai/o1', times: 12, sent: ['model'] },
    ],
  },
  'a wildcard with a fixed model': {
    model_list: [at('team-*', 'a', { model: 'openai/fixed' })],
    settings: quick,
    calls: [{ model: 'team-red', sent: ['model'] }],
  },
  'a wildcard within the name': {
    model_list: [at('team-*', 'a', { model: 'openai/inner-*' })],
    settings: quick,
    calls: [{ model: 'team-red', sent: ['model'] }],
  },
  'everything else goes to *': {
    model_list: [at('*', 'a', { model: 'openai/*' }), at('g', 'b')],
    settings: quick,
    calls: [{ model: 'openai/anything', sent: ['model'] }, { model: 'g' }],
  },
  'an unknown group': { model_list: one, settings: quick, calls: [{ model: 'nobody' }] },
  'an unknown group and default fallbacks': {
    model_list: chain,
    settings: { num_retries: 0, default_fallbacks: ['h'] },
    calls: [{ model: 'nobody' }],
  },
  'an id as the model': { model_list: two, settings: quick, calls: [{ model: 'b' }, { model: 'a' }] },
  'the model of a deployment as the model': { model_list: two, settings: quick, calls: [{ model: 'openai/model-b' }] },

  // Parameters
  'parameters of the call over the deployment': {
    model_list: [at('g', 'a', { temperature: 0.1, max_tokens: 5 })],
    settings: quick,
    calls: [{ ...call, options: { temperature: 0.9 }, sent: ['model', 'temperature', 'max_tokens'] }],
  },
  'key and address of the call': {
    model_list: two,
    settings: quick,
    calls: [
      { model: 'a', options: { api_key: 'key-of-the-call' }, sent: ['api_key'] },
      { model: 'a', options: { api_base: '/d/b' } },
    ],
  },
  'no option of the router is sent': {
    model_list: [
      at('g', 'a', {
        weight: 1,
        rpm: 100,
        tpm: 100_000,
        order: 1,
        tags: ['x'],
        cooldown_time: 3,
        max_parallel_requests: 3,
      }),
    ],
    settings: quick,
    calls: [{ ...call, options: { num_retries: 0, fallbacks: [], metadata: { tags: ['x'] } }, sent: 'names' }],
  },
  default_litellm_params: {
    model_list: [at('g', 'a', { max_tokens: 5 })],
    settings: { num_retries: 0, default_litellm_params: { temperature: 0.3, max_tokens: 9 } },
    calls: [{ ...call, sent: ['temperature', 'max_tokens'] }],
  },

  // Checks before a call
  'a prompt too long for one': {
    model_list: [at('g', 'a', {}, { max_input_tokens: 50 }), at('g', 'b', {}, { max_input_tokens: 100_000 })],
    settings: { num_retries: 0, enable_pre_call_checks: true },
    calls: [{ ...call, options: { messages: [{ role: 'user', content: long }] }, times: 16 }],
  },
  'a prompt too long for all': {
    model_list: [at('g', 'a', {}, { max_input_tokens: 50 }), at('g', 'b', {}, { max_input_tokens: 60 })],
    settings: { num_retries: 0, enable_pre_call_checks: true },
    calls: [{ ...call, options: { messages: [{ role: 'user', content: long }] } }],
  },
  'a prompt too long, and a longer window': {
    model_list: [at('g', 'a', {}, { max_input_tokens: 50 }), at('h', 'b')],
    settings: { num_retries: 0, enable_pre_call_checks: true, context_window_fallbacks: [{ g: ['h'] }] },
    calls: [{ ...call, options: { messages: [{ role: 'user', content: long }] } }],
  },
  'no checks unless asked': {
    model_list: [at('g', 'a', {}, { max_input_tokens: 50 })],
    settings: quick,
    calls: [{ ...call, options: { messages: [{ role: 'user', content: long }] } }],
  },
  'rpm with checks': {
    model_list: [at('g', 'a', { rpm: 2 })],
    settings: { num_retries: 0, enable_pre_call_checks: true },
    minute: true,
    calls: [call, call, call, call],
  },
  'rpm with checks and a fallback': {
    model_list: [at('g', 'a', { rpm: 1 }), at('h', 'b')],
    settings: { num_retries: 0, enable_pre_call_checks: true, fallbacks: [{ g: ['h'] }] },
    minute: true,
    calls: [call, call],
  },
  'rpm with checks, many at once': {
    model_list: [at('g', 'a', { rpm: 3 })],
    script: { a: [{ step: 'ok', delay: 0.1 }] },
    settings: { num_retries: 0, enable_pre_call_checks: true },
    minute: true,
    calls: [{ ...call, times: 10, together: true }],
  },
  'usage-based-routing, rpm, many at once': {
    model_list: [at('g', 'a', { rpm: 3 })],
    script: { a: [{ step: 'ok', delay: 0.1 }] },
    settings: { num_retries: 0, routing_strategy: 'usage-based-routing' },
    minute: true,
    calls: [{ ...call, times: 10, together: true }],
  },
  'usage-based-routing-v2, rpm, many at once': {
    model_list: [at('g', 'a', { rpm: 3 })],
    script: { a: [{ step: 'ok', delay: 0.1 }] },
    settings: { num_retries: 0, routing_strategy: 'usage-based-routing-v2' },
    minute: true,
    calls: [{ ...call, times: 10, together: true }],
  },
  'usage-based-routing, rpm, one after another': {
    model_list: [at('g', 'a', { rpm: 3 })],
    settings: { num_retries: 0, routing_strategy: 'usage-based-routing' },
    minute: true,
    calls: [call, call, call, call],
  },
  'usage-based-routing-v2, rpm, one after another': {
    model_list: [at('g', 'a', { rpm: 3 })],
    settings: { num_retries: 0, routing_strategy: 'usage-based-routing-v2' },
    minute: true,
    calls: [call, call, call, call],
  },
  'usage-based-routing balances tokens': {
    model_list: two,
    script: { a: [{ step: 'ok', tokens: 100 }], b: [{ step: 'ok', tokens: 1000 }] },
    settings: { num_retries: 0, routing_strategy: 'usage-based-routing' },
    minute: true,
    calls: [{ ...call, times: 10, counts: true, pause: 0.15 }],
  },
  'usage-based-routing-v2 balances tokens': {
    model_list: two,
    script: { a: [{ step: 'ok', tokens: 100 }], b: [{ step: 'ok', tokens: 1000 }] },
    settings: { num_retries: 0, routing_strategy: 'usage-based-routing-v2' },
    minute: true,
    calls: [{ ...call, times: 10, counts: true, pause: 0.15 }],
  },
  'usage-based-routing, tpm': {
    model_list: [at('g', 'a', { tpm: 90 })],
    script: { a: [{ step: 'ok', tokens: 90 }] },
    settings: { num_retries: 0, routing_strategy: 'usage-based-routing' },
    minute: true,
    calls: [call, { ...call, wait: 0.2 }],
  },

  // Strategies
  'least-busy': {
    model_list: two,
    script: { a: [{ step: 'ok', delay: 0.4 }], b: [{ step: 'ok', delay: 0.4 }] },
    settings: { num_retries: 0, routing_strategy: 'least-busy' },
    calls: [
      { ...call, numbered: true },
      { ...call, times: 8, together: true, every: 0.04, peak: true },
    ],
  },
  'least-busy, all at one moment': {
    model_list: two,
    script: { a: [{ step: 'ok', delay: 0.4 }], b: [{ step: 'ok', delay: 0.4 }] },
    settings: { num_retries: 0, routing_strategy: 'least-busy' },
    calls: [
      { ...call, numbered: true },
      { ...call, times: 8, together: true, peak: true },
    ],
  },
  'latency-based-routing': {
    model_list: two,
    script: { a: [{ step: 'ok', delay: 0.4 }], b: ['ok'] },
    settings: { num_retries: 0, routing_strategy: 'latency-based-routing' },
    calls: [
      { ...call, times: 4, pause: 0.2 },
      { ...call, times: 10, pause: 0.1 },
    ],
  },
  'cost-based-routing': {
    model_list: [
      at('g', 'a', { input_cost_per_token: 0.00003, output_cost_per_token: 0.00006 }),
      at('g', 'b', { input_cost_per_token: 0.000001, output_cost_per_token: 0.000002 }),
      at('g', 'c'),
    ],
    settings: { num_retries: 0, routing_strategy: 'cost-based-routing' },
    calls: [{ ...call, times: 12 }],
  },
  max_parallel_requests: {
    model_list: [at('g', 'a', { max_parallel_requests: 2 })],
    script: { a: [{ step: 'ok', delay: 0.2 }] },
    settings: quick,
    calls: [{ ...call, times: 6, together: true, peak: true }],
  },
  default_max_parallel_requests: {
    model_list: one,
    script: { a: [{ step: 'ok', delay: 0.2 }] },
    settings: { num_retries: 0, default_max_parallel_requests: 3 },
    calls: [{ ...call, times: 6, together: true, peak: true }],
  },
  'rpm as max_parallel_requests': {
    model_list: [at('g', 'a', { rpm: 2 })],
    script: { a: [{ step: 'ok', delay: 0.2 }] },
    settings: quick,
    calls: [{ ...call, times: 6, together: true, peak: true }],
  },

  // Time
  'timeout of the deployment over the router': {
    model_list: [at('g', 'a', { timeout: 5 })],
    script: { a: [{ step: 'ok', delay: 0.8 }] },
    settings: { num_retries: 0, timeout: 0.3 },
    calls: [call],
  },
  'timeout of the call over the deployment': {
    model_list: [at('g', 'a', { timeout: 5 })],
    script: { a: [{ step: 'ok', delay: 0.8 }] },
    settings: quick,
    calls: [{ ...call, options: { timeout: 0.3 } }],
  },
  stream_timeout: {
    model_list: [at('g', 'a', { timeout: 5, stream_timeout: 0.3 })],
    script: { a: [{ step: 'ok', delay: 0.8 }] },
    settings: quick,
    calls: [streamed, call],
  },
  'timeout is for each attempt': {
    model_list: one,
    script: { a: ['hang', 'hang', 'ok'] },
    settings: { num_retries: 2, timeout: 0.3 },
    calls: [call],
  },

  // Streams
  'a stream': { model_list: one, calls: [streamed] },
  'a stream, the second try': {
    model_list: one,
    script: { a: [500, 'ok'] },
    settings: { num_retries: 1 },
    calls: [streamed],
  },
  'a stream, the fallback': {
    model_list: chain,
    script: { a: [401] },
    settings: { num_retries: 0, fallbacks: [{ g: ['h'] }] },
    calls: [streamed],
  },
  'an error in the first event': {
    model_list: one,
    script: { a: ['event', 'ok'] },
    settings: { num_retries: 1 },
    calls: [streamed],
  },
  'an error in the first event, the fallback': {
    model_list: chain,
    script: { a: ['event'] },
    settings: { num_retries: 0, fallbacks: [{ g: ['h'] }] },
    calls: [streamed],
  },
  'a stream cut before content': {
    model_list: one,
    script: { a: ['cut_early', 'ok'] },
    settings: { num_retries: 1 },
    calls: [streamed],
  },
  'a stream cut before content, the fallback': {
    model_list: chain,
    script: { a: ['cut_early'] },
    settings: { num_retries: 0, fallbacks: [{ g: ['h'] }] },
    calls: [streamed],
  },
  'a stream cut after content': {
    model_list: one,
    script: { a: ['cut', 'ok'] },
    settings: { num_retries: 1 },
    calls: [streamed],
    probe: ['g'],
  },
  'a stream cut after content, a sibling': {
    model_list: two,
    script: { a: ['cut'], b: ['cut'] },
    settings: { num_retries: 1 },
    calls: [{ ...streamed, numbered: true }],
    probe: ['g'],
  },
  'a stream cut after content, the fallback': {
    model_list: chain,
    script: { a: ['cut'] },
    settings: { num_retries: 0, fallbacks: [{ g: ['h'] }] },
    calls: [{ ...streamed, sent: ['messages'] }],
  },
  'a stream cut after content, fallbacks disabled': {
    model_list: chain,
    script: { a: ['cut'] },
    settings: { num_retries: 0, fallbacks: [{ g: ['h'] }] },
    calls: [{ ...streamed, options: { disable_fallbacks: true } }],
  },
  'a stream cut after content, going on asked for': {
    model_list: [at('g', 'a'), at('h', 'b', {}, { supports_assistant_prefill: true })],
    script: { a: ['cut'] },
    settings: { num_retries: 0, fallbacks: [{ g: ['h'] }], enable_mid_stream_fallback_continuation: true },
    calls: [{ ...streamed, sent: ['messages'] }],
  },
  'a stream cut before content, a sibling': {
    model_list: steered,
    script: { a: ['cut_early'], b: ['ok'] },
    settings: { num_retries: 1 },
    calls: [streamed],
    probe: ['g'],
  },
  'an error in the first event, a sibling': {
    model_list: steered,
    script: { a: ['event'], b: ['ok'] },
    settings: { num_retries: 1 },
    calls: [streamed],
    probe: ['g'],
  },
  'streams and max_parallel_requests': {
    model_list: [at('g', 'a', { max_parallel_requests: 1 })],
    script: { a: [{ step: 'ok', delay: 0.2 }] },
    settings: quick,
    calls: [{ ...streamed, times: 3, together: true, peak: true }, streamed],
  },
  'broken streams and allowed_fails': {
    model_list: steered,
    script: { a: ['cut'], b: ['ok'] },
    settings: { num_retries: 0, allowed_fails: 0 },
    calls: [streamed],
    probe: ['g'],
  },
};

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  console.log(JSON.stringify(scenarios));
