//! The 21 recommendations: number, grade, strength, and a sentence of our own in English and in Danish.

use super::vocabulary::{Grade, RecommendationId, Strength};

/// A recommendation as the guideline grades it.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its number.
    pub id: RecommendationId,
    /// Its grade.
    pub grade: Grade,
    /// Its strength, where its verb has one.
    pub strength: Option<Strength>,
    /// What it says, in English; our words.
    pub english: &'static str,
    /// What it says, in Danish; our words.
    pub danish: &'static str,
}

const fn row(
    id: RecommendationId,
    grade: Grade,
    strength: Option<Strength>,
    english: &'static str,
    danish: &'static str,
) -> Entry {
    Entry { id, grade, strength, english, danish }
}

use Grade::{A, B, C, D};
use RecommendationId::*;
const MUST: Option<Strength> = Some(Strength::Must);
const SHOULD: Option<Strength> = Some(Strength::Should);
const MAY: Option<Strength> = Some(Strength::May);

/// All 21, in the guideline's order.
pub const ALL: [Entry; 21] = [
    row(
        R01,
        A,
        MUST,
        "A biopsy of the tumour has to show clonal plasma cells.",
        "Tumorbiopsi skal vise klonale plasmaceller.",
    ),
    row(
        R02,
        A,
        MUST,
        "Whole-body MRI, PET/CT or both have to rule out further lesions.",
        "Helkrops-MR, PET/CT eller begge skal udelukke flere læsioner.",
    ),
    row(
        R03,
        A,
        MUST,
        "Marrow aspirate and biopsy with morphology and flow cytometry have to rule out myeloma.",
        "Marvaspirat og -biopsi med morfologi og flowcytometri skal udelukke myelomatose.",
    ),
    row(
        R04,
        A,
        MUST,
        "Blood tests have to rule out raised calcium, kidney failure and anaemia.",
        "Blodprøver skal udelukke hyperkalkæmi, nyresvigt og anæmi.",
    ),
    row(
        R05,
        B,
        None,
        "Prognosis at diagnosis depends on bone or soft tissue, free light-chain ratio, clonal cells in the marrow and complete remission.",
        "Prognosen afhænger af knogle eller bløddele, ratio for frie lette kæder, klonale celler i marven og komplet remission.",
    ),
    row(
        R06,
        B,
        SHOULD,
        "Treatment is radiotherapy with curative intent, its dose by compartment and size.",
        "Behandlingen er kurativt intenderet stråleterapi med dosis efter lokalisation og størrelse.",
    ),
    row(
        R07,
        D,
        MAY,
        "With two lytic lesions, irradiating both may be considered if the field stays small enough.",
        "Ved to lytiske læsioner kan bestråling af begge overvejes, hvis feltet ikke bliver for stort.",
    ),
    row(
        R08,
        C,
        MAY,
        "Surgery may be needed for a threatened spinal cord, or a threatened or actual fracture of a weight-bearing bone.",
        "Operation kan blive nødvendig ved truet medulla eller ved truende eller manifest fraktur i vægtbærende knogle.",
    ),
    row(
        R09,
        D,
        MAY,
        "After incomplete removal, radiotherapy with curative intent may be given.",
        "Efter inkomplet fjernelse kan der gives kurativt intenderet stråleterapi.",
    ),
    row(
        R10,
        C,
        None,
        "There is no evidence for adjuvant systemic therapy.",
        "Der mangler evidens for adjuverende systemisk behandling.",
    ),
    row(
        R11,
        B,
        None,
        "Myeloma with a threatened spinal cord and no surgical option: palliative radiotherapy relieves pain and holds the disease locally.",
        "Myelomatose med truet medulla uden operationsmulighed: palliativ stråleterapi lindrer og giver lokal kontrol.",
    ),
    row(
        R12,
        B,
        MAY,
        "After palliative surgery, postoperative radiotherapy may be indicated.",
        "Efter palliativ operation kan postoperativ stråleterapi være indiceret.",
    ),
    row(
        R13,
        A,
        MAY,
        "For pain alone, radiotherapy in 1 to 10 fractions may be given.",
        "Mod smerter alene kan gives stråleterapi i 1-10 fraktioner.",
    ),
    row(
        R14,
        B,
        SHOULD,
        "Large areas or cord compression: 30 Gy in 10 to 15 fractions for lasting local control.",
        "Store områder eller medullært tværsnit: 30 Gy i 10-15 fraktioner for varig lokal kontrol.",
    ),
    row(
        R15,
        A,
        MUST,
        "Imaging after radiotherapy has to show the response.",
        "Billeddiagnostik efter stråleterapi skal vise responset.",
    ),
    row(
        R16,
        D,
        SHOULD,
        "All patients should be followed, since relapse is frequent.",
        "Alle patienter bør følges, da relaps er hyppigt.",
    ),
    row(
        R17,
        D,
        MAY,
        "Consider municipal rehabilitation for everyone after treatment, and a pain team for lasting pain.",
        "Overvej kommunal genoptræning hos alle efter behandling og smerteteam ved vedvarende smerter.",
    ),
    row(
        R18,
        A,
        MUST,
        "A suspected relapse has to be worked up as at diagnosis.",
        "Mistanke om relaps skal udredes som ved diagnosen.",
    ),
    row(
        R19,
        A,
        MAY,
        "Disease that is still localised and at a new site may be irradiated with curative intent again.",
        "Fortsat lokaliseret sygdom på et nyt sted kan igen bestråles med kurativt sigte.",
    ),
    row(
        R20,
        D,
        None,
        "A local relapse cannot be irradiated with curative intent again; surgery, cryoablation or systemic therapy are alternatives.",
        "Lokalt recidiv kan ikke bestråles kurativt igen; alternativerne er operation, kryoablation eller systemisk behandling.",
    ),
    row(
        R21,
        A,
        MUST,
        "Progression to myeloma is treated by the national guidelines for newly diagnosed myeloma.",
        "Progression til myelomatose behandles efter de nationale retningslinjer for nydiagnosticeret myelomatose.",
    ),
];

impl RecommendationId {
    fn entry(self) -> Option<&'static Entry> {
        ALL.get(self as usize)
    }

    /// Its grade.
    pub fn grade(self) -> Option<Grade> {
        self.entry().map(|entry| entry.grade)
    }

    /// Its strength, where its verb has one.
    pub fn strength(self) -> Option<Strength> {
        self.entry().and_then(|entry| entry.strength)
    }
}
