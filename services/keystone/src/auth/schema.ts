import { z } from 'zod'

const wanted = 'id or name must be present.'
const isNamed = (value: { id?: string | undefined; name?: string | undefined }) =>
  value.id !== undefined || value.name !== undefined

const domainReference = z
  .looseObject({ id: z.string().optional(), name: z.string().optional() })
  .refine(isNamed, wanted)

const namedInDomain = {
  id: z.string().optional(),
  name: z.string().optional(),
  domain: domainReference.optional(),
}
// A name alone could be anybody's.
const hasDomain = (value: { id?: string | undefined; domain?: unknown }) =>
  value.id !== undefined || value.domain !== undefined

/** `auth.identity.password.user`. */
const userReference = z
  .looseObject({ ...namedInDomain, password: z.string().optional() })
  .refine(isNamed, wanted)
  .refine(hasDomain, 'domain must be present beside name.')

/** The object `auth` of POST /v3/auth/tokens. @see Identity API v3, password authentication with scoped authorization */
export const authSchema = z.looseObject({
  identity: z.looseObject({
    methods: z.array(z.string()),
    password: z.looseObject({ user: userReference }).optional(),
    token: z.looseObject({ id: z.string() }).optional(),
  }),
  scope: z.unknown().optional(),
})

/** `auth.scope.project`. */
export const projectReference = z
  .looseObject(namedInDomain)
  .refine(isNamed, wanted)
  .refine(hasDomain, 'domain must be present beside name.')
/** `auth.scope.domain`. */
export const domainScope = domainReference

export type AuthRequest = z.infer<typeof authSchema>
export type IdentityRequest = AuthRequest['identity']
export type UserReference = z.infer<typeof userReference>
export type ProjectReference = z.infer<typeof projectReference>
export type DomainReference = z.infer<typeof domainReference>
