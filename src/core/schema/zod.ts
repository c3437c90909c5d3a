/** The one function of zod that schemas need, apart: importing all of zod would put its locales into bundles. */
export { toJSONSchema } from 'zod/v4/core';
