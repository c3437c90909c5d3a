// Entry for workerd: `workerd test` calls `test`.
import { smoke } from './smoke.js';

export default {
  async test(_controller, env) {
    const lines = await smoke(env.url);
    console.log([...lines, 'end', ''].join('\n'));
  },
};
