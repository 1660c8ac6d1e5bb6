//! Words for the inputs: what a clinician would call each result, with its unit.

use super::{Language, Words, words};
use crate::inputs::Input;

/// An input as a clinician names it, without its unit.
pub const fn input(input: Input) -> Words {
    use Input::*;
    match input {
        BirthDate => words("date of birth", "fødselsdato"),
        Deceased => words("death", "død"),
        Diagnosis => words("diagnosis", "diagnose"),
        TumourSite => words("site of the tumour", "tumors lokalisation"),
        BoneContact => words("contact of the tumour to bone", "tumors kontakt til knogle"),
        TumourLargestDimension => words("largest dimension of the tumour", "tumors største mål"),
        TumourWellDefined => words("whether the tumour is well defined", "om tumor er veldefineret"),
        TumourBiopsyClonalPlasmaCells => {
            words("clonal plasma cells in the tumour biopsy", "klonale plasmaceller i tumorbiopsien")
        }
        TumourBiopsyCd138 => words("CD138 in the tumour biopsy", "CD138 i tumorbiopsien"),
        TumourBiopsyCd38 => words("CD38 in the tumour biopsy", "CD38 i tumorbiopsien"),
        TumourBiopsyLightChainRestriction => {
            words("light-chain restriction in the tumour biopsy", "letkæderestriktion i tumorbiopsien")
        }
        LesionCount => words("number of lesions in whole-body imaging", "antal læsioner ved helkropsbilleddiagnostik"),
        LyticLesionCount => words("number of lytic bone lesions", "antal lytiske knoglelæsioner"),
        NewLesionCount => words("number of new lesions", "antal nye læsioner"),
        NewLyticLesionCount => words("number of new lytic bone lesions", "antal nye lytiske knoglelæsioner"),
        MriFocalLesionCount => {
            words("number of focal lesions of 5 mm or more on MRI", "antal fokale forandringer ≥ 5 mm på MR")
        }
        MriMarrowSignalAbnormal => words("marrow signal on MRI", "marvsignal på MR"),
        Imaging => words("whole-body imaging (MRI or PET/CT)", "helkropsbilleddiagnostik (MR eller PET/CT)"),
        MarrowAspirate => words("bone marrow aspirate", "knoglemarvsaspirat"),
        MarrowBiopsy => words("bone marrow biopsy", "knoglemarvsbiopsi"),
        MarrowClonalPlasmaCellPercent => {
            words("clonal plasma cells in the bone marrow", "klonale plasmaceller i knoglemarven")
        }
        MarrowPlasmaCellPercent => words(
            "plasma cells in the bone marrow, clonality not stated",
            "plasmaceller i knoglemarven uden angivet klonalitet",
        ),
        MarrowFlowClonalPlasmaCells => words("flow cytometry of the bone marrow", "flowcytometri på knoglemarv"),
        Fish => words("FISH", "FISH"),
        Haemoglobin => words("haemoglobin", "hæmoglobin"),
        CalciumTotal => words("total calcium", "total calcium"),
        CalciumCorrected => words("albumin-corrected calcium", "albuminkorrigeret calcium"),
        CalciumIonised => words("calcium (ionised or other)", "calcium (helst ioniseret)"),
        Creatinine => words("creatinine (or eGFR)", "kreatinin (eller eGFR)"),
        CreatinineClearance => words("creatinine clearance or eGFR", "kreatininclearance eller eGFR"),
        EventAttribution => words(
            "whether the plasma cell disease causes the finding (clinician's statement)",
            "om plasmacellesygdommen er årsag til fundet (klinikerens vurdering)",
        ),
        SerumFlcKappa => words("free kappa light chains in serum", "frie kappakæder i serum"),
        SerumFlcLambda => words("free lambda light chains in serum", "frie lambdakæder i serum"),
        SerumFlcRatio => {
            words("free light chains in serum (kappa/lambda ratio)", "frie lette kæder i serum (kappa/lambda-ratio)")
        }
        SerumMProtein => words("M-protein in serum", "M-komponent i serum"),
        UrineMProtein => words("M-protein in 24 h urine", "M-komponent i døgnurin"),
        Mcv => words("MCV", "ery-MCV"),
        Reticulocytes => words("reticulocytes", "retikulocytter"),
        Leukocytes => words("leukocytes", "leukocytter"),
        LeukocyteDifferential => words("leukocyte differential count", "leukocyttype (differentialtælling)"),
        Platelets => words("platelets", "trombocytter"),
        Urea => words("urea", "carbamid"),
        Urate => words("urate", "urat"),
        Sodium => words("sodium", "natrium"),
        Potassium => words("potassium", "kalium"),
        Albumin => words("albumin", "albumin"),
        Ldh => words("LDH", "LDH"),
        Beta2Microglobulin => words("beta-2 microglobulin", "beta-2-mikroglobulin"),
        Crp => words("CRP", "CRP"),
        Iga => words("IgA", "IgA"),
        Igg => words("IgG", "IgG"),
        Igm => words("IgM", "IgM"),
        UrineProtein => words("protein in urine", "protein i urin"),
        SpinalCordCompression => words("spinal cord compression", "medullært tværsnit"),
        NeurologicalDeficit => words("neurological deficit", "neurologiske udfald"),
        Fracture => words("fracture, and whether the bone bears weight", "fraktur, og om knoglen er vægtbærende"),
        BonePain => words("bone pain", "knoglesmerter"),
        SurgicalOption => words("whether surgery can be offered", "om der er et kirurgisk tilbud"),
        Surgery => words("operation, with its margin and date", "operation med resektionsrand og dato"),
        Radiotherapy => words(
            "radiotherapy: dose, fractions, site and dates",
            "strålebehandling: dosis, fraktioner, sted og datoer",
        ),
        SystemicTherapy => words("systemic therapy against myeloma", "systemisk antimyelombehandling"),
        Response => words("response to treatment", "behandlingsrespons"),
        Relapse => words("relapse", "relaps"),
        PerformanceStatus => words("WHO/ECOG performance status", "WHO/ECOG performancestatus"),
        LifeExpectancy => words("life expectancy", "forventet restlevetid"),
        PalliativeTargetLarge => words("whether the palliative field is large", "om det palliative felt er stort"),
        CriticalTissueInField => words("critical tissue in the field", "kritisk normalvæv i feltet"),
        Reirradiation => words("re-irradiation", "genbestråling"),
    }
}

/// The unit of an input, where it has one.
pub fn unit(of: Input, language: Language) -> Option<&'static str> {
    of.unit().filter(|unit| *unit != "1").map(|unit| spelled(unit, language))
}

/// A unit as the language spells it.
pub fn spelled(unit: &'static str, language: Language) -> &'static str {
    let spelled = match unit {
        "umol/L" | "µmol/L" => words("µmol/L", "µmol/l"),
        "mmol/L" => words("mmol/L", "mmol/l"),
        "mL/min" => words("mL/min", "ml/min"),
        "mg/L" => words("mg/L", "mg/l"),
        "g/L" => words("g/L", "g/l"),
        "mg/(24.h)" | "mg/24 h" => words("mg/24 h", "mg/døgn"),
        same => return same,
    };
    spelled.in_language(language)
}

/// The name of an input before its value.
pub fn input_name(of: Input, language: Language) -> &'static str {
    let name = match of {
        Input::Radiotherapy => words("radiotherapy", "strålebehandling"),
        Input::Surgery => words("operation", "operation"),
        Input::Fracture => words("fracture", "fraktur"),
        Input::CalciumIonised => words("ionised calcium", "ioniseret calcium"),
        Input::Creatinine => words("creatinine", "kreatinin"),
        Input::MriMarrowSignalAbnormal => words("abnormal marrow signal on MRI", "abnormt marvsignal på MR"),
        Input::MarrowFlowClonalPlasmaCells => {
            words("clonal plasma cells by flow cytometry", "klonale plasmaceller ved flowcytometri")
        }
        Input::Imaging => words("imaging", "billeddiagnostik"),
        Input::SurgicalOption => words("surgery can be offered", "kirurgisk tilbud"),
        Input::EventAttribution => words("the clinician's attribution", "klinikerens årsagsvurdering"),
        Input::PalliativeTargetLarge => words("large palliative field", "stort palliativt felt"),
        Input::TumourWellDefined => words("well-defined tumour", "veldefineret tumor"),
        _ => input(of),
    };
    name.in_language(language)
}
