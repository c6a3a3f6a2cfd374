/** Users of NATS as a decentralised set-up has them (`nsc`): an operator signs an account, the account signs users. */
import { nkeys } from "@nats-io/transport-node"

type KeyPair = ReturnType<typeof nkeys.createUser>

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")

/** A JWT about `subject` that `issuer` signs. */
const jwt = (issuer: KeyPair, subject: KeyPair, name: string, nats: object): string => {
  const claims = { jti: name, iat: Math.floor(Date.now() / 1000), iss: issuer.getPublicKey(), name }
  const body = `${encoded({ typ: "JWT", alg: "ed25519-nkey" })}.${encoded({ ...claims, sub: subject.getPublicKey(), nats: { ...nats, version: 2 } })}`
  return `${body}.${Buffer.from(issuer.sign(new TextEncoder().encode(body))).toString("base64url")}`
}

const unlimited = { subs: -1, data: -1, payload: -1 }
const accountLimits = { ...unlimited, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 }

export interface JwtAccount {
  /** For nats-server: trusts the operator and knows the account. */
  readonly configuration: string
  /** The text of a credentials file of a new user. */
  readonly user: (name: string) => string
}

export const makeJwtAccount = (): JwtAccount => {
  const [operator, account] = [nkeys.createOperator(), nkeys.createAccount()]
  const operatorJwt = jwt(operator, operator, "operator", { type: "operator" })
  const accountJwt = jwt(operator, account, "spoor", { type: "account", limits: accountLimits })
  return {
    configuration: `operator: ${operatorJwt}
resolver: MEMORY
resolver_preload: { ${account.getPublicKey()}: ${accountJwt} }`,
    user: (name) => {
      const user = nkeys.createUser()
      const seed = new TextDecoder().decode(user.getSeed())
      const text = jwt(account, user, name, { type: "user", ...unlimited, pub: {}, sub: {} })
      return `-----BEGIN NATS USER JWT-----
${text}
------END NATS USER JWT------

-----BEGIN USER NKEY SEED-----
${seed}
------END USER NKEY SEED------
`
    }
  }
}
