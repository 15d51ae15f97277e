import { MAJORS } from '../kit/index.ts'
import { demoArrives, serversFrom } from './arrives.ts'

serversFrom(15)
demoArrives(MAJORS.filter((major) => major >= 15))
