// Somebody else's implementation, asked one question: JSON on standard input, the answer on standard output.
// Needs @digitalbazaar/vc and its cryptosuite in node_modules beside this file's working folder; CI does without.
import {createRequire} from 'node:module';
import {pathToFileURL} from 'node:url';

const require = createRequire(process.cwd() + '/');
const load = async name => import(pathToFileURL(require.resolve(name)));
const vc = await load('@digitalbazaar/vc');
const {DataIntegrityProof} = await load('@digitalbazaar/data-integrity');
const {cryptosuite} = await load('@digitalbazaar/eddsa-rdfc-2022-cryptosuite');
const Multikey = await load('@digitalbazaar/ed25519-multikey');
const lists = await load('@digitalbazaar/vc-bitstring-status-list');
const purposes = (await load('jsonld-signatures')).default.purposes;

let text = '';
for await (const chunk of process.stdin) text += chunk;
const asked = JSON.parse(text);

function didKey(url) {
  const [did, fragment] = url.split('#');
  const multikey = did.slice('did:key:'.length);
  const method = {
    '@context': 'https://w3id.org/security/multikey/v1', id: `${did}#${multikey}`, type: 'Multikey', controller: did,
    publicKeyMultibase: multikey
  };
  return fragment ? method : {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'], id: did,
    verificationMethod: [method], assertionMethod: [method.id], authentication: [method.id]
  };
}

async function documentLoader(url) {
  const document = url.startsWith('did:key:') ? didKey(url) : asked.documents[url];
  if (!document) throw new Error(`not here: ${url}`);
  return {contextUrl: null, documentUrl: url, document};
}

const now = new Date(asked.now);
const told = error => error && [error.message, ...(error.errors ?? []).map(e => e.message)].join(' | ');
const answers = {
  async verify() {
    const suite = new DataIntegrityProof({cryptosuite});
    const checkStatus = async options => {
      const found = await lists.checkStatus({...options, verifyBitstringStatusListCredential: true});
      const clear = found.verified && found.results.every(result => result.status === false);
      return {verified: clear, error: found.error ?? (clear ? undefined : new Error('taken back'))};
    };
    const result = await vc.verifyCredential({
      credential: asked.document, suite, documentLoader, now,
      checkStatus: asked.document.credentialStatus ? checkStatus : undefined
    });
    return {verified: result.verified, error: told(result.error ?? result.statusResult?.error) ?? null};
  },
  async present() {
    const suite = new DataIntegrityProof({cryptosuite});
    const result = await vc.verify({
      presentation: asked.document, suite, documentLoader, now, challenge: asked.challenge, domain: asked.domain,
      checkStatus: async () => ({verified: true})
    });
    return {verified: result.verified, error: told(result.error) ?? null};
  },
  async issue() {
    const key = await Multikey.generate({seed: new Uint8Array(Buffer.from(asked.seed, 'hex'))});
    const {publicKeyMultibase} = await key.export({publicKey: true});
    key.controller = `did:key:${publicKeyMultibase}`;
    key.id = `${key.controller}#${publicKeyMultibase}`;
    const suite = new DataIntegrityProof({signer: key.signer(), cryptosuite, date: asked.now});
    const credential = {...asked.document, issuer: asked.document.issuer ?? key.controller};
    return {
      credential: await vc.issue({credential, suite, documentLoader, now}),
      presentation: await vc.signPresentation({
        presentation: vc.createPresentation({holder: key.controller, now, version: 2.0}), suite, documentLoader,
        purpose: new purposes.AuthenticationProofPurpose({challenge: 'abc', domain: 'bank.example'})
      })
    };
  }
};
process.stdout.write(JSON.stringify(await answers[asked.ask]()));
