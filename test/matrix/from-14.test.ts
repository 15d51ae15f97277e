import { demoArrives, foreignArrives, serversFrom } from './arrives.ts'

serversFrom(14)
demoArrives([14])
foreignArrives(14, 17)
