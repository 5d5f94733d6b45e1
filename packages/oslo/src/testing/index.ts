export { brokenBodies, oddTexts, oddValues, variants } from './bad-input.ts'
export { testDatabase, type TestDatabase } from './database.ts'
export { pathOf, routesOf, shapeOf, type Route } from './routes.ts'
