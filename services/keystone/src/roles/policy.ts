import { collectionPolicy } from '../policy.ts'

/** @see keystone, common/policies/role.py */
export const rolePolicy = collectionPolicy('role', 'roles')
