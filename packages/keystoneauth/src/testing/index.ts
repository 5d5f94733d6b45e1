export type { Failure } from './failure.ts'
export { fakeService, type Answer, type FakeService, type Seen } from './fake-service.ts'
export { fakeKeystone, FakeKeystone, type Call, type FakeKeystoneOptions } from './fake-keystone.ts'
export { timestamp, tokenData, type TokenDataSettings } from './token-data.ts'
