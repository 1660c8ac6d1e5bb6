//! Words for the places where the guideline, not the data, is unclear (decision specification §8).

use super::{Words, words};
use crate::guideline::Ambiguity;

/// What is unclear in the guideline, and what is done with it.
pub const fn ambiguity(ambiguity: Ambiguity) -> Words {
    use Ambiguity::*;
    match ambiguity {
        A1 => words(
            "The guideline has doses for less and for more than 5 cm, none for exactly 5 cm: 35–50 Gy is shown; 40 Gy lies in both.",
            "Retningslinjen angiver dosis for under og over 5 cm, men ikke for præcis 5 cm: 35-50 Gy vises; 40 Gy ligger i begge intervaller.",
        ),
        A2 => words(
            "Two lesions: recommendation 7 allows radiotherapy of both, Table 1 and SLiM-CRAB read them as myeloma. The multidisciplinary conference decides.",
            "To læsioner: anbefaling 7 åbner for bestråling af begge, mens tabel 1 og SLiM-CRAB taler for myelomatose. MDT-konferencen afgør.",
        ),
        A3 => words(
            "The 10-year figures 52 % and 83 % cannot belong to the sentence that they follow, and are not used.",
            "10-års-tallene 52 % og 83 % kan ikke høre til den sætning, de følger efter, og bruges ikke.",
        ),
        A4 => words(
            "The guideline gives the CRAB criteria without limits: those of its reference 6 are used.",
            "Retningslinjen angiver CRAB-kriterierne uden grænser: grænserne fra dens reference 6 er brugt.",
        ),
        A5 => words(
            "Recommendation 3 (grade A) asks for flow cytometry, the text says possibly: the recommendation is followed.",
            "Anbefaling 3 (grad A) kræver flowcytometri, teksten siger eventuelt: anbefalingen følges.",
        ),
        A6 => words(
            "10 % clonal plasma cells or more without SLiM-CRAB is myeloma in the text, but not in Table 1: the multidisciplinary conference decides on treatment.",
            "≥ 10 % klonale plasmaceller uden SLiM-CRAB er myelomatose i teksten, men ikke i tabel 1: MDT-konferencen afgør behandlingen.",
        ),
        A7 => words(
            "The fraction size of 1.8–2 Gy is given for bone only; it is used for soft tissue too.",
            "Fraktionsstørrelsen 1,8-2 Gy er kun angivet for SBP; den er også brugt ved EMP.",
        ),
        A8 => words(
            "The small tumour for which 40 Gy is acceptable has no size: only a tumour recorded as well defined counts.",
            "Den lille tumor, hvor 40 Gy er acceptabel, har ingen størrelse: kun en tumor registreret som veldefineret tæller.",
        ),
        A9 => words(
            "Particularly high risk, for closer follow-up, is not defined: the factors present are named and no interval is made up.",
            "Særlig høj risiko, som begrunder tættere opfølgning, er ikke defineret: de fundne faktorer nævnes, og der opfindes intet interval.",
        ),
        A10 => words(
            "M-protein in urine of 200 mg/24 h or more stands in the guideline, not in its reference 6: the guideline is followed.",
            "U-M-komponent ≥ 200 mg/døgn står i retningslinjen, men ikke i dens reference 6: retningslinjen følges.",
        ),
        A11 => words(
            "Recommendations 8 and 11 speak of threatened cord compression, the text of an established one too: both count.",
            "Anbefaling 8 og 11 nævner truende tværsnit, teksten også manifest tværsnit: begge tæller.",
        ),
        A12 => words(
            "Table 1 asks for an MRI without marrow lesions, its footnote allows PET/CT alone: PET/CT is taken as enough where nothing is said of the marrow signal.",
            "Tabel 1 kræver MR uden marvfortrængende læsioner, fodnoten tillader PET/CT alene: PET/CT er regnet for tilstrækkelig, når marvsignalet ikke er beskrevet.",
        ),
        A13 => words(
            "Large fields: recommendation 14 says 30 Gy in 10–15 fractions, the text 20–30 Gy in 10–15: both are shown.",
            "Store områder: anbefaling 14 siger 30 Gy på 10-15 fraktioner, teksten 20-30 Gy på 10-15: begge vises.",
        ),
        A14 => words(
            "The figures for flow cytometry come without group or clear period: shown for bone only, without a period.",
            "Tallene for flowcytometri er uden gruppe og klar tidsperiode: de vises kun for knogle og uden periode.",
        ),
        A15 => words(
            "Recommendation 9 says radiotherapy may be used after incomplete removal (grade D), the text that it is indicated.",
            "Anbefaling 9 siger, at stråleterapi kan anvendes efter inkomplet kirurgi (grad D), teksten at den er indiceret.",
        ),
        A16 => words(
            "Whether weight-bearing belongs to the threatened fracture too is not clear in recommendation 8: it is read so, as in the text.",
            "Det er uklart i anbefaling 8, om vægtbærende også gælder truende fraktur: det er læst sådan, som i teksten.",
        ),
        A17 => words(
            "Acute care of cord compression (oncologist on call, corticosteroid) stands under myeloma only: shown for plasmacytoma too.",
            "Akut behandling af tværsnit (vagthavende onkolog, kortikosteroid) står kun under myelomatose: den vises også ved plasmacytom.",
        ),
        A18 => words(
            "Whether a regional lymph node of a head and neck tumour is a second lesion is not said: it counts only if the report counts it; the multidisciplinary conference decides.",
            "Det er ikke angivet, om en regional lymfeknude ved hoved-hals-tumor er en anden læsion: den tæller kun, hvis beskrivelsen tæller den; MDT-konferencen afgør.",
        ),
    }
}
