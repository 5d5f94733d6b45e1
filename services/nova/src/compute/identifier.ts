import { z } from 'zod'

/** Ids become names of files and parts of URLs. */
export const identifier = z.string().regex(/^[0-9a-zA-Z][0-9a-zA-Z-]{0,63}$/, 'malformed id')
