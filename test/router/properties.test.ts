import fc from 'fast-check';
import { expect, test } from 'vitest';
import { strategies } from '../../src/router/strategies.js';
import type { Deployment, RouteContext, Stats, StrategyName } from '../../src/index.js';
import { at, rig, type Rig, type Step } from './rig.js';

const names = Object.keys(strategies) as StrategyName[];
const figure = fc.option(fc.integer({ min: 0, max: 50 }), { nil: undefined });

const deployments = fc
  .array(fc.record({ weight: figure, rpm: figure, tpm: figure, price: figure, load: fc.nat(9) }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((all) =>
    all.map(({ weight, rpm, tpm, price, load }, index) => ({
      deployment: {
        id: String(index),
        model_name: 'g',
        model: 'openai/x',
        litellm_params: { model: 'openai/x' },
        model_info: { id: String(index) },
        weight,
        rpm,
        tpm,
        order: undefined,
      } satisfies Deployment,
      stats: {
        in_flight: load,
        latency: load / 10,
        first_token: 0,
        requests: load,
        tokens: load * 7,
        failures: 0,
        price,
      } satisfies Stats,
    })),
  );

test('every strategy picks a candidate, the same one by the same chance', () => {
  fc.assert(
    fc.property(
      deployments,
      fc.constantFrom(...names),
      fc.double({ min: 0, max: 0.999999, noNaN: true }),
      fc.boolean(),
      (all, name, chance, stream) => {
        const candidates = all.map(({ deployment }) => deployment);
        const context: RouteContext = {
          endpoint: 'chat',
          model: 'g',
          stream,
          random: () => chance,
          now: 0,
          tokens: 0,
          args: {},
        };
        const stats = ({ id }: Deployment): Stats => all[Number(id)]!.stats;
        const picked = strategies[name](candidates, stats, context);
        expect(candidates).toContain(picked);
        expect(strategies[name](candidates, stats, context)).toBe(picked);
      },
    ),
  );
});

test('nothing is no share, while another has one', () => {
  fc.assert(
    fc.property(deployments, fc.double({ min: 0, max: 0.999999, noNaN: true }), (all, chance) => {
      const candidates = all.map(({ deployment }) => deployment);
      const context: RouteContext = {
        endpoint: 'chat',
        model: 'g',
        stream: false,
        random: () => chance,
        now: 0,
        tokens: 0,
        args: {},
      };
      const picked = strategies['simple-shuffle'](candidates, ({ id }) => all[Number(id)]!.stats, context);
      const kind = (['weight', 'rpm', 'tpm'] as const).find((each) =>
        candidates.some((one) => one[each] !== undefined),
      );
      if (kind !== undefined && candidates.some((one) => (one[kind] ?? 0) > 0))
        expect(picked?.[kind]).toBeGreaterThan(0);
    }),
  );
});

test('weights converge', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 2, maxLength: 6 }), (weights) => {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      fc.pre(total > 0);
      const candidates = weights.map((weight, index): Deployment => ({
        id: String(index),
        model_name: 'g',
        model: 'openai/x',
        litellm_params: { model: 'openai/x' },
        model_info: { id: String(index) },
        weight,
        rpm: undefined,
        tpm: undefined,
        order: undefined,
      }));
      const turns = 2000;
      const counts = weights.map(() => 0);
      for (let turn = 0; turn < turns; turn++) {
        const context: RouteContext = {
          endpoint: 'chat',
          model: 'g',
          stream: false,
          random: () => (turn + 0.5) / turns,
          now: 0,
          tokens: 0,
          args: {},
        };
        const picked = strategies['simple-shuffle'](candidates, () => ({}) as Stats, context);
        counts[Number(picked?.id)]!++;
      }
      counts.forEach((count, index) => expect(Math.abs(count / turns - weights[index]! / total)).toBeLessThan(0.002));
    }),
    { numRuns: 40 },
  );
});

const statuses = ['ok', 400, 401, 404, 408, 429, 500, 503] as const;

/** Calls over groups that fail as chance has it, some of them at once. */
const worlds = fc.record({
  groups: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
  steps: fc.array(fc.constantFrom(...statuses), { minLength: 1, maxLength: 12 }),
  calls: fc.array(
    fc.record({ group: fc.nat(2), num_retries: fc.nat(3), fallbacks: fc.boolean(), deadline: fc.boolean() }),
    { minLength: 1, maxLength: 8 },
  ),
  strategy: fc.constantFrom(...names.filter((name) => name !== 'cost-based-routing')),
  limit: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  parallel: fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }),
  orders: fc.boolean(),
  allowed_fails: fc.option(fc.nat(2), { nil: undefined }),
  seed: fc.nat(),
});

test('no call ends twice or never, limits hold, and each request has its row', async () => {
  await fc.assert(
    fc.asyncProperty(
      worlds,
      async ({ groups, steps, calls, strategy, limit, parallel, orders, allowed_fails, seed }) => {
        let random = seed + 1;
        const chance = (): number => (random = (random * 48_271) % 2_147_483_647) / 2_147_483_647;
        const flying = new Map<string, number>();
        const sent = new Map<string, number>();
        const start = Date.UTC(2030, 0, 1);
        let turn = 0;
        const step: Step = async ({ to }) => {
          flying.set(to, (flying.get(to) ?? 0) + 1);
          if (parallel !== undefined) expect(flying.get(to)).toBeLessThanOrEqual(parallel);
          sent.set(to, (sent.get(to) ?? 0) + 1);

          const what = steps[turn++ % steps.length] ?? 'ok';
          await new Promise((resolve) => setImmediate(resolve));
          flying.set(to, (flying.get(to) ?? 1) - 1);
          return what;
        };
        const ids = groups.flatMap((size, group) =>
          Array.from({ length: size }, (_, index) => [`g${group}`, `d${group}-${index}`, index] as const),
        );
        const list = ids.map(([name, id, index]) =>
          at(name, id, {
            ...(limit !== undefined && { rpm: limit }),
            ...(parallel !== undefined && { max_parallel_requests: parallel }),
            ...(orders && { order: index }),
          }),
        );
        const made: Rig = rig(
          list,
          {
            routing_strategy: strategy,
            enable_pre_call_checks: limit !== undefined,
            fallbacks: groups.map((_, group) => ({ [`g${group}`]: groups.map((__, other) => `g${other}`) })),
            random: chance,
            ...(allowed_fails !== undefined && { allowed_fails }),
          },
          Object.fromEntries(ids.map(([, id]) => [id, step])),
        );
        const ended: number[] = calls.map(() => 0);
        const rows: number[] = [];
        const all = Promise.all(
          calls.map(async ({ group, num_retries, fallbacks, deadline }, index) => {
            const input = {
              model: `g${group % groups.length}`,
              messages: [{ role: 'user', content: 'x' }],
              num_retries,
              ...(!fallbacks && { fallbacks: [] }),
              ...(deadline && { deadline: 600 }),
            };
            try {
              const { _hidden_params } = (await made.router.completion(input as never)) as {
                _hidden_params: { attempts: { deployment?: string }[] };
              };
              rows.push(_hidden_params.attempts.length);
            } catch (error) {
              rows.push((error as { attempts: unknown[] }).attempts.length);
              expect((error as Error).name).toMatch(/Error$|Timeout/);
            }
            ended[index]!++;
          }),
        );
        let patience: ReturnType<typeof setTimeout> | undefined;
        const never = new Promise<never>((_, reject) => {
          patience = setTimeout(() => reject(new Error(`a call never ends: ${made.runner.hits.join(' ')}`)), 1000);
        });
        await Promise.race([all, never]).finally(() => clearTimeout(patience));
        expect(ended).toEqual(calls.map(() => 1));
        expect(rows.reduce((sum, count) => sum + count, 0)).toBe(made.runner.hits.length);
        // What was reserved in a minute may be sent when the next has just begun: minutes are counted together.
        const minutes = Math.floor((made.clock.at - start) / 60_000) + 1;
        for (const count of sent.values()) expect(count).toBeLessThanOrEqual((limit ?? Infinity) * minutes);
        for (const figures of Object.values(await made.router.health()))
          expect(figures).toMatchObject({ in_flight: 0 });
        await made.router.close();
      },
    ),
    { numRuns: 100, endOnFailure: true },
  );
}, 30_000);
