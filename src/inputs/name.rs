//! The names of the inputs (decision specification §2), each with its kind, unit and what its absence means.

use super::words::words;

words! {
    /// An input of the guideline, by its name in the decision specification §2.
    Input {
        /// Date of birth.
        BirthDate = "birth_date",
        /// Whether the patient has died.
        Deceased = "deceased",
        /// A diagnosis: plasmacytoma or myeloma.
        Diagnosis = "diagnosis",
        /// Where the tumour is.
        TumourSite = "tumour_site",
        /// The tumour touches or has grown out of bone.
        BoneContact = "bone_contact",
        /// Largest dimension of the tumour, cm.
        TumourLargestDimension = "tumour_largest_dimension",
        /// The tumour is well defined.
        TumourWellDefined = "tumour_well_defined",
        /// The tumour biopsy shows clonal plasma cells.
        TumourBiopsyClonalPlasmaCells = "tumour_biopsy_clonal_plasma_cells",
        /// CD138 in the tumour biopsy.
        TumourBiopsyCd138 = "tumour_biopsy_cd138",
        /// CD38 in the tumour biopsy.
        TumourBiopsyCd38 = "tumour_biopsy_cd38",
        /// Light-chain restriction in the tumour biopsy.
        TumourBiopsyLightChainRestriction = "tumour_biopsy_light_chain_restriction",
        /// Lesions in whole-body imaging, the index tumour included.
        LesionCount = "lesion_count",
        /// Lytic bone lesions among them.
        LyticLesionCount = "lytic_lesion_count",
        /// Lesions that were not there at baseline.
        NewLesionCount = "new_lesion_count",
        /// Lytic bone lesions among the new ones.
        NewLyticLesionCount = "new_lytic_lesion_count",
        /// Focal lesions of 5 mm or more on MRI.
        MriFocalLesionCount = "mri_focal_lesion_count",
        /// Abnormal marrow signal on MRI.
        MriMarrowSignalAbnormal = "mri_marrow_signal_abnormal",
        /// An imaging examination.
        Imaging = "imaging",
        /// A marrow aspirate was taken.
        MarrowAspirate = "marrow_aspirate",
        /// A marrow biopsy was taken.
        MarrowBiopsy = "marrow_biopsy",
        /// Clonal plasma cells in the marrow, %.
        MarrowClonalPlasmaCellPercent = "marrow_clonal_plasma_cell_percent",
        /// Plasma cells in the marrow without word of clonality, %.
        MarrowPlasmaCellPercent = "marrow_plasma_cell_percent",
        /// Clonal plasma cells in the marrow by flow cytometry.
        MarrowFlowClonalPlasmaCells = "marrow_flow_clonal_plasma_cells",
        /// A FISH result.
        Fish = "fish",
        /// Haemoglobin, mmol/L Hb(Fe).
        Haemoglobin = "haemoglobin",
        /// Total calcium, mmol/L.
        CalciumTotal = "calcium_total",
        /// Calcium corrected for albumin, mmol/L.
        CalciumCorrected = "calcium_corrected",
        /// Ionised calcium, mmol/L.
        CalciumIonised = "calcium_ionised",
        /// Creatinine, µmol/L.
        Creatinine = "creatinine",
        /// Creatinine clearance or eGFR, mL/min or mL/min/1.73 m².
        CreatinineClearance = "creatinine_clearance",
        /// What the clinician says caused an event.
        EventAttribution = "event_attribution",
        /// Free kappa light chains in serum, mg/L.
        SerumFlcKappa = "serum_flc_kappa",
        /// Free lambda light chains in serum, mg/L.
        SerumFlcLambda = "serum_flc_lambda",
        /// Ratio of free kappa to free lambda light chains.
        SerumFlcRatio = "serum_flc_ratio",
        /// M-protein in serum, g/L or whether there is any.
        SerumMProtein = "serum_m_protein",
        /// M-protein in urine, mg/24 h or whether there is any.
        UrineMProtein = "urine_m_protein",
        /// Mean corpuscular volume.
        Mcv = "mcv",
        /// Reticulocytes.
        Reticulocytes = "reticulocytes",
        /// Leukocytes.
        Leukocytes = "leukocytes",
        /// Leukocyte differential count.
        LeukocyteDifferential = "leukocyte_differential",
        /// Platelets.
        Platelets = "platelets",
        /// Urea.
        Urea = "urea",
        /// Urate.
        Urate = "urate",
        /// Sodium.
        Sodium = "sodium",
        /// Potassium.
        Potassium = "potassium",
        /// Albumin.
        Albumin = "albumin",
        /// Lactate dehydrogenase.
        Ldh = "ldh",
        /// Beta-2 microglobulin.
        Beta2Microglobulin = "beta_2_microglobulin",
        /// C-reactive protein.
        Crp = "crp",
        /// Immunoglobulin A.
        Iga = "iga",
        /// Immunoglobulin G.
        Igg = "igg",
        /// Immunoglobulin M.
        Igm = "igm",
        /// Protein in urine.
        UrineProtein = "urine_protein",
        /// Spinal cord compression; *tværsnit*.
        SpinalCordCompression = "spinal_cord_compression",
        /// A neurological deficit.
        NeurologicalDeficit = "neurological_deficit",
        /// A fracture.
        Fracture = "fracture",
        /// Bone pain: yes or no, or a score from 0 to 10.
        BonePain = "bone_pain",
        /// Whether spinal or orthopaedic surgery can be offered.
        SurgicalOption = "surgical_option",
        /// An operation.
        Surgery = "surgery",
        /// A course of radiotherapy.
        Radiotherapy = "radiotherapy",
        /// Drugs against myeloma.
        SystemicTherapy = "systemic_therapy",
        /// Response to treatment.
        Response = "response",
        /// Relapse.
        Relapse = "relapse",
        /// WHO/ECOG performance status, 0 to 4.
        PerformanceStatus = "performance_status",
        /// Life expectancy.
        LifeExpectancy = "life_expectancy",
        /// The palliative target is large.
        PalliativeTargetLarge = "palliative_target_large",
        /// Critical tissue lies in the field.
        CriticalTissueInField = "critical_tissue_in_field",
        /// The target was irradiated before.
        Reirradiation = "reirradiation",
    }
}

/// The shape of an input's entries (decision specification §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number: counts, performance status.
    Count,
    /// A number with a unit.
    Quantity,
    /// Yes or no.
    Bool,
    /// A number, or yes or no.
    QuantityOrBool,
    /// One of the words of the input.
    Word,
    /// A date.
    Date,
    /// The named parts of an event, or its date alone.
    Event,
}

impl Input {
    /// How many inputs there are.
    pub const COUNT: usize = Input::ALL.len();

    /// The inputs of the work-up panel (*øvrige blodprøver*): only their presence is used.
    pub const WORKUP_PANEL: [Input; 17] = [
        Input::Mcv,
        Input::Reticulocytes,
        Input::Leukocytes,
        Input::LeukocyteDifferential,
        Input::Platelets,
        Input::Urea,
        Input::Urate,
        Input::Sodium,
        Input::Potassium,
        Input::Albumin,
        Input::Ldh,
        Input::Beta2Microglobulin,
        Input::Crp,
        Input::Iga,
        Input::Igg,
        Input::Igm,
        Input::UrineProtein,
    ];

    /// The shape of its entries.
    pub const fn kind(self) -> Kind {
        use Input::*;
        match self {
            BirthDate => Kind::Date,
            Diagnosis | Imaging | MarrowAspirate | MarrowBiopsy | Fish | EventAttribution | Surgery | Radiotherapy
            | SystemicTherapy => Kind::Event,
            TumourSite
            | TumourBiopsyLightChainRestriction
            | SpinalCordCompression
            | Fracture
            | Response
            | Relapse
            | LifeExpectancy => Kind::Word,
            Deceased
            | BoneContact
            | TumourWellDefined
            | TumourBiopsyClonalPlasmaCells
            | TumourBiopsyCd138
            | TumourBiopsyCd38
            | MriMarrowSignalAbnormal
            | MarrowFlowClonalPlasmaCells
            | NeurologicalDeficit
            | SurgicalOption
            | PalliativeTargetLarge
            | CriticalTissueInField
            | Reirradiation => Kind::Bool,
            SerumMProtein | UrineMProtein | BonePain => Kind::QuantityOrBool,
            LesionCount | LyticLesionCount | NewLesionCount | NewLyticLesionCount | MriFocalLesionCount
            | PerformanceStatus => Kind::Count,
            _ => Kind::Quantity,
        }
    }

    /// Its unit as UCUM writes it; nothing for what has none, and for the work-up panel, whose values keep theirs.
    pub const fn unit(self) -> Option<&'static str> {
        use Input::*;
        match self {
            TumourLargestDimension => Some("cm"),
            MarrowClonalPlasmaCellPercent | MarrowPlasmaCellPercent => Some("%"),
            Haemoglobin | CalciumTotal | CalciumCorrected | CalciumIonised => Some("mmol/L"),
            Creatinine => Some("umol/L"),
            CreatinineClearance => Some("mL/min"),
            SerumFlcKappa | SerumFlcLambda => Some("mg/L"),
            SerumFlcRatio | LesionCount | LyticLesionCount | NewLesionCount | NewLyticLesionCount
            | MriFocalLesionCount | BonePain | PerformanceStatus => Some("1"),
            SerumMProtein => Some("g/L"),
            UrineMProtein => Some("mg/(24.h)"),
            _ => None,
        }
    }

    /// Whether its absence means unknown (open) rather than not so (closed).
    pub const fn is_open(self) -> bool {
        use Input::*;
        !matches!(
            self,
            Deceased
                | Diagnosis
                | TumourWellDefined
                | Imaging
                | MarrowAspirate
                | MarrowBiopsy
                | Fish
                | SpinalCordCompression
                | NeurologicalDeficit
                | Fracture
                | BonePain
                | Surgery
                | Radiotherapy
                | SystemicTherapy
                | Relapse
                | PalliativeTargetLarge
                | CriticalTissueInField
                | Reirradiation
        )
    }

    /// Whether it is a complication, judged for each site apart (decision specification §3, *current*).
    pub const fn is_complication(self) -> bool {
        matches!(self, Input::SpinalCordCompression | Input::NeurologicalDeficit | Input::Fracture | Input::BonePain)
    }

    /// Whether it is treatment: of the tumour, or perhaps of another disease.
    pub const fn is_treatment(self) -> bool {
        matches!(self, Input::Surgery | Input::Radiotherapy | Input::SystemicTherapy)
    }

    /// Whether its numbers are whole.
    pub const fn is_whole(self) -> bool {
        matches!(self.kind(), Kind::Count)
    }

    /// It alone, as a list.
    pub fn alone(self) -> &'static [Input] {
        let index = self as usize;
        Input::ALL.get(index..=index).unwrap_or(&[])
    }

    const fn bit(self) -> u128 {
        1u128 << (self as u32)
    }
}

/// A set of inputs, kept in the order of the specification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputSet(u128);

impl InputSet {
    /// No input.
    pub const EMPTY: InputSet = InputSet(0);

    /// The set of these.
    pub fn of(inputs: &[Input]) -> InputSet {
        InputSet(inputs.iter().fold(0, |bits, input| bits | input.bit()))
    }

    /// The set of one.
    pub const fn one(input: Input) -> InputSet {
        InputSet(input.bit())
    }

    /// Both sets together.
    pub const fn and(self, other: InputSet) -> InputSet {
        InputSet(self.0 | other.0)
    }

    /// Those of this set that are not in the other.
    pub const fn without(self, other: InputSet) -> InputSet {
        InputSet(self.0 & !other.0)
    }

    /// Adds one.
    pub fn insert(&mut self, input: Input) {
        self.0 |= input.bit();
    }

    /// Whether it is in.
    pub const fn contains(self, input: Input) -> bool {
        self.0 & input.bit() != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The inputs, in the order of the specification.
    pub fn iter(self) -> impl Iterator<Item = Input> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let input = Input::ALL.get(rest.trailing_zeros() as usize).copied();
            rest &= rest.wrapping_sub(1);
            input
        })
    }
}

impl serde::Serialize for InputSet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}
