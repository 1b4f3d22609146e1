// The certificate: what is proved, and how near each part comes to its limit.

import type { Certificate } from "../core/container";
import { numberText } from "../core/values";

export function Proof(props: { certificate: Certificate; statement: string; length: number }) {
  const { certificate, statement, length } = props;
  const share = (m: Certificate["margins"][number]) => (Number(m.limit) ? m.error / Number(m.limit) : 0);
  const margins = [...certificate.margins].sort((a, b) => share(b) - share(a));
  return (
    <details class="proof">
      <summary>
        Certificate <span class="muted">{statement}</span>
      </summary>
      <p>
        Proved from the weights, for every input over the vocabulary of at most {certificate.max_len} tokens
        {certificate.given ? ` where ${certificate.given}` : ""}, in {certificate.arithmetic} arithmetic and any order of
        summation: the arithmetic of this page.
        {length > certificate.max_len ? ` The input of ${length} tokens is longer than that.` : ""}
      </p>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">layer</th>
              <th scope="col">error of</th>
              <th scope="col">at most</th>
              <th scope="col">allowed</th>
              <th scope="col" class="bar">
                used
              </th>
              <th scope="col">for</th>
            </tr>
          </thead>
          <tbody>
            {margins.map((m, i) => (
              <tr key={i}>
                <td>{m.layer}</td>
                <td>{m.kind}</td>
                <td class="figure">{numberText(m.error, 0)}</td>
                <td class="figure">{numberText(Number(m.limit), 0)}</td>
                <td class="bar" title={`${numberText(100 * share(m), 0)} %`}>
                  <span style={{ width: `${Math.max(1, Math.min(100, 100 * share(m)))}%` }} />
                </td>
                <td class="formula">{m.what}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
