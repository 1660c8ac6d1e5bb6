//! Words for what a decision comes to: statuses, actions, classification, events, prognosis.

use super::{Words, words};
use crate::guideline::*;
use crate::inputs::words::{Modality, Relapse, Site};

/// What a recommendation comes to.
pub const fn status(status: Status) -> Words {
    match status {
        Status::NotApplicable => words("not applicable", "ikke relevant"),
        Status::Undetermined => words("undetermined", "uafklaret"),
        Status::Recommended => words("recommended", "anbefales"),
        Status::Consider => words("to be considered", "kan overvejes"),
        Status::AdviseAgainst => words("no evidence for it, or advised against", "ikke belæg for, eller frarådes"),
        Status::Fulfilled => words("fulfilled", "opfyldt"),
        Status::Deviates => words("not as recommended", "afviger fra anbefalingen"),
    }
}

/// The subject of a recommendation, in a word or two.
pub const fn subject(id: RecommendationId) -> Words {
    use RecommendationId::*;
    match id {
        R01 => words("Biopsy", "Biopsi"),
        R02 => words("Whole-body imaging", "Helkropsbilleddiagnostik"),
        R03 => words("Bone marrow", "Knoglemarv"),
        R04 => words("Blood tests", "Blodprøver"),
        R05 => words("Prognosis", "Prognose"),
        R06 => words("Curative radiotherapy", "Kurativ strålebehandling"),
        R07 => words("Two lesions", "To læsioner"),
        R08 => words("Surgery", "Kirurgi"),
        R09 => words("Radiotherapy after resection", "Strålebehandling efter resektion"),
        R10 => words("Adjuvant systemic therapy", "Adjuverende systemisk behandling"),
        R11 => words("Cord compression in myeloma", "Tværsnit ved myelomatose"),
        R12 => words("Radiotherapy after palliative surgery", "Strålebehandling efter palliativ operation"),
        R13 => words("Radiotherapy for pain", "Smertelindrende strålebehandling"),
        R14 => words("Large field or cord compression", "Stort område eller tværsnit"),
        R15 => words("Imaging of the response", "Responsevaluering"),
        R16 => words("Follow-up", "Opfølgning"),
        R17 => words("Rehabilitation", "Rehabilitering"),
        R18 => words("Suspected relapse", "Mistanke om relaps"),
        R19 => words("Relapse at a new site", "Relaps med ny lokalisation"),
        R20 => words("Local relapse", "Lokalt recidiv"),
        R21 => words("Progression to myeloma", "Progression til myelomatose"),
    }
}

/// How strong a verb is.
pub const fn strength(strength: Strength) -> Words {
    match strength {
        Strength::Must => words("must", "skal"),
        Strength::Should => words("should", "bør"),
        Strength::May => words("may", "kan"),
    }
}

/// A grade.
pub const fn grade(grade: Grade) -> Words {
    match grade {
        Grade::A => words("grade A, strongest evidence", "evidensgrad A, stærkeste evidens"),
        Grade::B => words("grade B", "evidensgrad B"),
        Grade::C => words("grade C", "evidensgrad C"),
        Grade::D => words("grade D, weakest evidence", "evidensgrad D, svageste evidens"),
    }
}

/// What is to be done.
pub const fn action(action: ActionCode) -> Words {
    use ActionCode::*;
    match action {
        TumourBiopsy => words(
            "biopsy of the tumour: histology with CD138/CD38 and light-chain restriction",
            "biopsi fra tumor: histologi med CD138/CD38 og letkæderestriktion",
        ),
        WholeBodyMri => words(
            "whole-body MRI (at the least MRI of spine and pelvis)",
            "helkrops-MR (som minimum MR af columna og bækken)",
        ),
        PetCt => words("PET/CT", "PET/CT"),
        WholeBodyImaging => words("whole-body MRI or PET/CT", "helkrops-MR eller PET/CT"),
        MarrowAspirate => words("bone marrow aspirate with morphology", "knoglemarvsaspirat med morfologi"),
        MarrowBiopsy => words("bone marrow biopsy with morphology", "knoglemarvsbiopsi med morfologi"),
        MarrowFlow => words("flow cytometry of the bone marrow", "flowcytometri på knoglemarv"),
        MarrowClonalPercent => words(
            "percentage of clonal plasma cells in the bone marrow",
            "procentandel klonale plasmaceller i knoglemarven",
        ),
        FishMarrow => words("FISH on plasma cells of the bone marrow", "FISH på plasmaceller fra knoglemarven"),
        BloodScreen => words("blood tests for the CRAB criteria", "blodprøver for CRAB-kriterier"),
        WorkupPanel => {
            words("the other blood and urine tests of the work-up", "udredningens øvrige blod- og urinprøver")
        }
        CurativeRadiotherapy => words("radiotherapy with curative intent", "kurativt anlagt strålebehandling"),
        IrradiateBoth => words("radiotherapy of both lesions", "strålebehandling af begge læsioner"),
        SurgeryAssessment => {
            words("assessment by a spinal or orthopaedic surgeon", "vurdering ved ryg- eller ortopædkirurg")
        }
        ContactOncologistOnCall => words(
            "call the oncologist on call about acute radiotherapy",
            "kontakt til vagthavende onkolog mhp. akut strålebehandling",
        ),
        HighDoseCorticosteroid => words("start high-dose corticosteroid", "opstart af højdosis kortikosteroid"),
        PostoperativeRadiotherapy => words("postoperative radiotherapy", "postoperativ strålebehandling"),
        NoAdjuvantSystemicTherapy => words(
            "adjuvant systemic therapy against myeloma: there is no evidence for it",
            "adjuverende systemisk antimyelombehandling: der er ikke evidens for den",
        ),
        PalliativeRadiotherapy => words("palliative radiotherapy", "palliativ strålebehandling"),
        AssessSurgicalOption => {
            words("find out whether surgery can be offered", "afklaring af, om der er et kirurgisk tilbud")
        }
        ResponseImaging => words("imaging of the response", "slutevaluerende billeddiagnostik (respons)"),
        FollowUpVisit => words("follow-up visit", "klinisk kontrol"),
        FollowUpBloods => words("blood tests with the follow-up visit", "blodprøver til den kliniske kontrol"),
        FollowUpImaging => words("yearly imaging", "årlig billeddiagnostisk kontrol"),
        Rehabilitation => words(
            "referral to municipal rehabilitation",
            "henvisning til kommunal genoptræning og/eller rehabilitering",
        ),
        PainTeam => words("referral to a specialised pain team", "henvisning til specialiseret smerteteam"),
        RepeatWorkup => words("repeat the diagnostic work-up", "fornyet diagnostisk udredning"),
        NoRepeatCurativeRadiotherapy => words(
            "repeating curative radiotherapy to the same site",
            "gentagelse af kurativ strålebehandling samme sted",
        ),
        Surgery => words("alternative: surgery", "alternativ: kirurgi"),
        Cryoablation => words("alternative: cryoablation", "alternativ: kryoablation"),
        SystemicTherapy => {
            words("alternative: systemic therapy against myeloma", "alternativ: systemisk antimyelombehandling")
        }
        MyelomaGuideline => words(
            "treatment by the national guideline for newly diagnosed myeloma",
            "behandling efter den nationale retningslinje for nydiagnosticeret myelomatose",
        ),
        ConferenceDecides => {
            words("the multidisciplinary conference decides", "afgøres på multidisciplinær konference (MDT)")
        }
    }
}

/// What radiotherapy takes in.
pub const fn target(target: Target) -> Words {
    match target {
        Target::WholeVertebra => words("target: the whole vertebra", "target: hele hvirvlen"),
        Target::NotWholeBone => {
            words("target: the tumour with a margin, not the whole bone", "target: tumor med margen, ikke hele knoglen")
        }
        Target::Margin3Cm => words(
            "target: the tumour with a margin of 3 cm, not the whole bone",
            "target: tumor med 3 cm margen, ikke hele knoglen",
        ),
        Target::Margin05To1Cm => {
            words("target: the tumour with a margin of 0.5–1 cm", "target: tumor med 0,5-1 cm margen")
        }
        Target::Margin05To3Cm => {
            words("target: the tumour with a margin of 0.5–3 cm", "target: tumor med 0,5-3 cm margen")
        }
    }
}

/// A technique of imaging.
pub const fn modality(modality: Modality) -> Words {
    match modality {
        Modality::WholeBodyMri => words("whole-body MRI", "helkrops-MR"),
        Modality::MriSpinePelvis => words("MRI of spine and pelvis", "MR af columna og bækken"),
        Modality::PetCt => words("PET/CT", "PET/CT"),
        Modality::WholeBodyCt => words("whole-body CT", "helkrops-CT"),
        Modality::Other => words("other imaging", "anden billeddiagnostik"),
    }
}

/// A place in the body.
pub const fn site(site: Site) -> Words {
    match site {
        Site::Vertebra => words("vertebra", "ryghvirvel"),
        Site::Pelvis => words("pelvis", "bækken"),
        Site::Rib => words("rib", "ribben"),
        Site::Femur => words("femur", "femur"),
        Site::OtherExtremityBone => words("bone of a limb", "ekstremitetsknogle"),
        Site::Skull => words("skull", "kranie"),
        Site::Sternum => words("sternum", "sternum"),
        Site::OtherBone => words("other bone", "anden knogle"),
        Site::HeadNeck => words("head and neck (soft tissue)", "hoved-hals (bløddele)"),
        Site::Gastrointestinal => words("gastrointestinal tract", "gastrointestinalkanal"),
        Site::Lung => words("lung", "lunge"),
        Site::OtherSoftTissue => words("other soft tissue", "andre bløddele"),
    }
}

/// Bone or soft tissue.
pub const fn compartment(compartment: Compartment) -> Words {
    match compartment {
        Compartment::Bone => words("in bone", "i knogle"),
        Compartment::Extramedullary => words("in soft tissue (extramedullary)", "i bløddele (ekstramedullært)"),
        Compartment::Unknown => words("bone or soft tissue: not known", "knogle eller bløddele: ikke afklaret"),
    }
}

/// How much of the marrow is involved.
pub const fn marrow(marrow: Marrow) -> Words {
    match marrow {
        Marrow::None => words("no clonal plasma cells", "ingen klonale plasmaceller"),
        Marrow::Minimal => words("minimal: clonal plasma cells below 10 %", "minimal: klonale plasmaceller under 10 %"),
        Marrow::Involved10 => words("10 % clonal plasma cells or more", "≥ 10 % klonale plasmaceller"),
        Marrow::Unknown => words("not known", "ikke afklaret"),
    }
}

/// A row of Table 1.
pub const fn classification(result: ClassificationResult) -> Words {
    use ClassificationResult::*;
    match result {
        NotPlasmaCell => words("biopsy without clonal plasma cells", "biopsi uden klonale plasmaceller"),
        TwoLesions => words("two lytic lesions", "to lytiske læsioner"),
        MyelomaRequiringTreatment => words("myeloma requiring treatment", "behandlingskrævende myelomatose"),
        MyelomaByMarrow => words(
            "myeloma by the marrow alone (10 % clonal plasma cells or more)",
            "myelomatose alene ved marvfund (≥ 10 % klonale plasmaceller)",
        ),
        FitsNoRow => words("no row of Table 1 fits", "passer ikke i tabel 1"),
        Sbp => words("solitary plasmacytoma of bone (SBP)", "solitært plasmacytom i knogle (SBP)"),
        Emp => words("solitary extramedullary plasmacytoma (EMP)", "solitært ekstramedullært plasmacytom (EMP)"),
        SbpMinimalMarrow => words(
            "solitary plasmacytoma of bone (SBP) with minimal marrow involvement",
            "solitært plasmacytom i knogle (SBP) med minimal marvinvolvering",
        ),
        EmpMinimalMarrow => words(
            "solitary extramedullary plasmacytoma (EMP) with minimal marrow involvement",
            "solitært ekstramedullært plasmacytom (EMP) med minimal marvinvolvering",
        ),
        Undetermined => words("undetermined", "uafklaret"),
    }
}

/// The diagnosis that doses and prognosis go by.
pub const fn working_diagnosis(value: WorkingDiagnosisValue) -> Words {
    match value {
        WorkingDiagnosisValue::Sbp => {
            words("solitary plasmacytoma of bone (SBP)", "solitært plasmacytom i knogle (SBP)")
        }
        WorkingDiagnosisValue::Emp => {
            words("solitary extramedullary plasmacytoma (EMP)", "solitært ekstramedullært plasmacytom (EMP)")
        }
        WorkingDiagnosisValue::Unspecified => {
            words("plasmacytoma, bone or soft tissue not known", "plasmacytom, knogle eller bløddele ikke afklaret")
        }
        WorkingDiagnosisValue::None => words("none", "ingen"),
    }
}

/// What the working diagnosis rests on.
pub const fn basis(basis: DiagnosisBasis) -> Words {
    match basis {
        DiagnosisBasis::Classification => words("by Table 1", "efter tabel 1"),
        DiagnosisBasis::Clinician => words(
            "the clinician's diagnosis; the work-up is incomplete",
            "klinikerens diagnose; udredningen er ufuldstændig",
        ),
    }
}

/// A myeloma-defining event.
pub const fn event(event: Event) -> Words {
    match event {
        Event::Hypercalcaemia => words("raised calcium", "hyperkalkæmi"),
        Event::Renal => words("kidney failure", "nyreinsufficiens"),
        Event::Anaemia => words("anaemia", "anæmi"),
        Event::Bone => words("further lytic bone lesions", "andre lytiske knoglefoci"),
        Event::Marrow60 => words("60 % clonal plasma cells or more", "≥ 60 % klonale plasmaceller i knoglemarven"),
        Event::LightChain => words("free light-chain ratio of 100 or more", "FLC-ratio ≥ 100"),
        Event::UrineMProtein => words("M-protein in urine 200 mg/24 h or more", "U-M-komponent ≥ 200 mg/døgn"),
        Event::MriFocal => words("more than one focal lesion on MRI", "> 1 fokal forandring på MR"),
    }
}

/// The state of an event.
pub const fn event_state(state: EventState) -> Words {
    match state {
        EventState::False => words("no", "nej"),
        EventState::Unknown => words("not known", "ikke afklaret"),
        EventState::Unattributed => words("present, its cause not stated", "til stede, årsagen ikke angivet"),
        EventState::True => words("yes", "ja"),
    }
}

/// A relapse.
pub const fn relapse(relapse: Relapse) -> Words {
    match relapse {
        Relapse::None => words("no relapse", "ingen relaps"),
        Relapse::Suspected => words("relapse suspected", "mistanke om relaps"),
        Relapse::Local => words("local relapse", "lokalt recidiv"),
        Relapse::NewSite => words("relapse at a new site", "relaps med ny lokalisation"),
        Relapse::Treated => words("relapse, treated", "relaps, behandlet"),
    }
}

/// A prognostic factor.
pub const fn factor(factor: Factor) -> Words {
    match factor {
        Factor::Bone => words("plasmacytoma in bone", "plasmacytom i knogle"),
        Factor::AbnormalFlcRatio => words(
            "abnormal free light-chain ratio at baseline (< 0.26 or > 1.65)",
            "abnorm FLC-ratio ved diagnosen (< 0,26 eller > 1,65)",
        ),
        Factor::MinimalMarrow => words("minimal marrow involvement", "minimal marvinvolvering"),
        Factor::NoCompleteRemission => words("no complete remission", "komplet remission ikke opnået"),
        Factor::PersistentMProtein => words(
            "M-protein persisting more than 1 year after treatment (studies disagree)",
            "M-komponent mere end 1 år efter behandling (studierne er uenige)",
        ),
        Factor::HighRiskFish => {
            words("high-risk abnormality by FISH (one small study)", "højrisikoforandring ved FISH (ét mindre studie)")
        }
        Factor::Age60 => words(
            "60 years or older at diagnosis (overall survival)",
            "60 år eller derover ved diagnosen (samlet overlevelse)",
        ),
    }
}

/// The state of a prognostic factor.
pub const fn factor_state(state: FactorState) -> Words {
    match state {
        FactorState::Present => words("present", "til stede"),
        FactorState::Absent => words("absent", "ikke til stede"),
        FactorState::Unknown => words("not known", "ikke afklaret"),
        FactorState::NotEvaluated => words("not to be evaluated yet", "kan endnu ikke vurderes"),
    }
}

/// A prognostic factor and its state as they are read together: `Complete remission`, `not achieved`.
pub const fn factor_in_state(of: Factor, state: FactorState) -> (Words, Words) {
    let name = match of {
        Factor::NoCompleteRemission => words("complete remission", "komplet remission"),
        _ => factor(of),
    };
    let said = match (of, state) {
        (Factor::NoCompleteRemission, FactorState::Present) => words("not achieved", "ikke opnået"),
        (Factor::NoCompleteRemission, FactorState::Absent) => words("achieved", "opnået"),
        (_, FactorState::Present) => words("yes", "ja"),
        (_, FactorState::Absent) => words("no", "nej"),
        (_, FactorState::Unknown | FactorState::NotEvaluated) => factor_state(state),
    };
    (name, said)
}

/// What a prediction is of.
pub const fn outcome(outcome: Outcome) -> Words {
    match outcome {
        Outcome::ProgressionToMyeloma => words("progression to myeloma", "progression til myelomatose"),
        Outcome::MyelomaFreeSurvival => words("myeloma-free survival", "myelomatosefri overlevelse"),
        Outcome::DiseaseFreeSurvival => words("disease-free survival", "sygdomsfri overlevelse"),
        Outcome::ProgressionFreeSurvival => words("progression-free survival", "progressionsfri overlevelse"),
    }
}

/// Whether the prognosis is complete.
pub const fn prognosis_status(status: PrognosisStatus) -> Words {
    match status {
        PrognosisStatus::Final => words("final: no factor is open", "endelig: ingen faktor er uafklaret"),
        PrognosisStatus::Preliminary => {
            words("preliminary: a factor is not known", "foreløbig: en faktor er ikke afklaret")
        }
    }
}

/// The group of patients that a prediction is about, by its identifier.
pub fn group(prediction: &str) -> Words {
    match prediction {
        "progression_10y_bone" => words("in bone, within 10 years", "SBP, inden for 10 år"),
        "progression_10y_extramedullary" => words("in soft tissue, within 10 years", "EMP, inden for 10 år"),
        "median_mmfs_bone" | "median_dfs_bone" => words("in bone", "SBP"),
        "median_mmfs_extramedullary" | "median_dfs_extramedullary" => words("in soft tissue", "EMP"),
        "progression_flow_positive" => {
            words("clonal plasma cells by flow cytometry", "klonale plasmaceller ved flowcytometri")
        }
        "progression_flow_negative" => {
            words("no clonal plasma cells by flow cytometry", "ingen klonale plasmaceller ved flowcytometri")
        }
        "median_mmfs_flc_abnormal" => words("abnormal free light-chain ratio", "abnorm FLC-ratio"),
        "median_mmfs_flc_normal" => words("normal free light-chain ratio", "normal FLC-ratio"),
        "median_mmfs_marrow_minimal" => words("minimal marrow involvement", "minimal marvinvolvering"),
        "median_mmfs_marrow_none" => {
            words("no clonal plasma cells in the marrow", "ingen klonale plasmaceller i marven")
        }
        "pfs_10y_m_protein_persistent" => words(
            "in bone, at 10 years, M-protein persisting after 1 year",
            "SBP, efter 10 år, vedvarende M-komponent efter 1 år",
        ),
        "pfs_10y_m_protein_gone" => {
            words("in bone, at 10 years, no M-protein after 1 year", "SBP, efter 10 år, ingen M-komponent efter 1 år")
        }
        _ => words("this group", "denne gruppe"),
    }
}
