export { serverAccount } from '../../src/rehearse/embedded.ts'
