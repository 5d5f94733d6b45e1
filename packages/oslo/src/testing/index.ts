export { brokenBodies, oddTexts, oddValues, variants } from './bad-input.ts'
export { pathOf, routesOf, type Route } from './routes.ts'
