/** Uses a store by its address, tells what came of it, and ends. */
import { redisStore } from '../../../src/store/redis.js';

const [url = '', timeout = ''] = process.argv.slice(2);
const store = redisStore({ url }, { timeout: Number(timeout) });
try {
  await store.set('a', 'kept');
  console.log(await store.get('a'));
} catch (error) {
  console.log(String(error));
}
await store.close();
