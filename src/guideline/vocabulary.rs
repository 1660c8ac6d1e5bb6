//! The words of a decision (decision specification §5 to §8 and §10): closed lists, spelled as the contract spells them.

use crate::inputs::words::words;

words! {
    /// A recommendation of the guideline, by its number.
    RecommendationId {
        /// Biopsy of the tumour.
        R01 = "R01",
        /// Whole-body imaging.
        R02 = "R02",
        /// Examination of the marrow.
        R03 = "R03",
        /// Blood screen.
        R04 = "R04",
        /// Prognosis.
        R05 = "R05",
        /// Curative radiotherapy.
        R06 = "R06",
        /// Two lesions.
        R07 = "R07",
        /// Surgery.
        R08 = "R08",
        /// Radiotherapy after surgery.
        R09 = "R09",
        /// No adjuvant systemic therapy.
        R10 = "R10",
        /// Cord compression in myeloma.
        R11 = "R11",
        /// Radiotherapy after palliative surgery.
        R12 = "R12",
        /// Radiotherapy for pain.
        R13 = "R13",
        /// Large fields and cord compression.
        R14 = "R14",
        /// Imaging of the response.
        R15 = "R15",
        /// Follow-up.
        R16 = "R16",
        /// Rehabilitation.
        R17 = "R17",
        /// Suspected relapse.
        R18 = "R18",
        /// Relapse at a new site.
        R19 = "R19",
        /// Local relapse.
        R20 = "R20",
        /// Progression to myeloma.
        R21 = "R21",
    }
}

words! {
    /// The grade of a recommendation (Oxford 2009).
    Grade {
        /// Strongest evidence.
        A = "A",
        /// Grade B.
        B = "B",
        /// Grade C.
        C = "C",
        /// Weakest evidence: consensus.
        D = "D",
    }
}

words! {
    /// The strength of a verb.
    Strength {
        /// *Skal*.
        Must = "must",
        /// *Bør*, *anbefales*.
        Should = "should",
        /// *Kan*, *kan overvejes*.
        May = "may",
    }
}

words! {
    /// What a recommendation comes to for a patient.
    Status {
        /// It does not concern the patient.
        NotApplicable = "not_applicable",
        /// It is open: what would settle it stands in `missing`.
        Undetermined = "undetermined",
        /// It is recommended.
        Recommended = "recommended",
        /// It may be considered.
        Consider = "consider",
        /// It is advised against.
        AdviseAgainst = "advise_against",
        /// It has been done.
        Fulfilled = "fulfilled",
        /// It has been done, but not as recommended.
        Deviates = "deviates",
    }
}

words! {
    /// What is to be done.
    ActionCode {
        /// Biopsy of the tumour: histology with CD138/CD38 and light-chain restriction.
        TumourBiopsy = "tumour_biopsy",
        /// Whole-body MRI.
        WholeBodyMri = "whole_body_mri",
        /// PET/CT.
        PetCt = "pet_ct",
        /// Whole-body MRI or PET/CT.
        WholeBodyImaging = "whole_body_imaging",
        /// Marrow aspirate.
        MarrowAspirate = "marrow_aspirate",
        /// Marrow biopsy.
        MarrowBiopsy = "marrow_biopsy",
        /// Flow cytometry of the marrow.
        MarrowFlow = "marrow_flow",
        /// Percentage of clonal plasma cells in the marrow.
        MarrowClonalPercent = "marrow_clonal_percent",
        /// FISH on marrow plasma cells.
        FishMarrow = "fish_marrow",
        /// Blood screen for CRAB.
        BloodScreen = "blood_screen",
        /// The other blood tests of the work-up.
        WorkupPanel = "workup_panel",
        /// Radiotherapy with curative intent.
        CurativeRadiotherapy = "curative_radiotherapy",
        /// Radiotherapy of both lesions.
        IrradiateBoth = "irradiate_both",
        /// Assessment by a surgeon.
        SurgeryAssessment = "surgery_assessment",
        /// Call the oncologist on call.
        ContactOncologistOnCall = "contact_oncologist_on_call",
        /// High-dose corticosteroid.
        HighDoseCorticosteroid = "high_dose_corticosteroid",
        /// Radiotherapy after surgery.
        PostoperativeRadiotherapy = "postoperative_radiotherapy",
        /// No adjuvant systemic therapy.
        NoAdjuvantSystemicTherapy = "no_adjuvant_systemic_therapy",
        /// Palliative radiotherapy.
        PalliativeRadiotherapy = "palliative_radiotherapy",
        /// Find out whether surgery can be offered.
        AssessSurgicalOption = "assess_surgical_option",
        /// Imaging of the response.
        ResponseImaging = "response_imaging",
        /// A follow-up visit.
        FollowUpVisit = "follow_up_visit",
        /// Blood tests at the visit.
        FollowUpBloods = "follow_up_bloods",
        /// Yearly imaging.
        FollowUpImaging = "follow_up_imaging",
        /// Municipal rehabilitation.
        Rehabilitation = "rehabilitation",
        /// A specialised pain team.
        PainTeam = "pain_team",
        /// The work-up once more.
        RepeatWorkup = "repeat_workup",
        /// No second curative radiotherapy of the same place.
        NoRepeatCurativeRadiotherapy = "no_repeat_curative_radiotherapy",
        /// Surgery as an alternative.
        Surgery = "surgery",
        /// Cryoablation as an alternative.
        Cryoablation = "cryoablation",
        /// Systemic therapy as an alternative.
        SystemicTherapy = "systemic_therapy",
        /// The guideline for newly diagnosed myeloma.
        MyelomaGuideline = "myeloma_guideline",
        /// The multidisciplinary conference decides.
        ConferenceDecides = "conference_decides",
    }
}

words! {
    /// What a course of curative radiotherapy takes in.
    Target {
        /// The whole vertebra.
        WholeVertebra = "whole_vertebra",
        /// Not the whole bone (pelvis).
        NotWholeBone = "not_whole_bone",
        /// A margin of 3 cm, and not the whole bone (bones of the extremities).
        Margin3Cm = "margin_3_cm",
        /// A margin of 0.5 to 1 cm (head and neck).
        Margin05To1Cm = "margin_0_5_to_1_cm",
        /// A margin of 0.5 to 3 cm.
        Margin05To3Cm = "margin_0_5_to_3_cm",
    }
}

words! {
    /// Bone or soft tissue.
    Compartment {
        /// Bone: SBP.
        Bone = "bone",
        /// Soft tissue without contact to bone: EMP.
        Extramedullary = "extramedullary",
        /// Not known.
        Unknown = "unknown",
    }
}

words! {
    /// How much of the marrow is involved.
    Marrow {
        /// No clonal plasma cells.
        None = "none",
        /// Some, below 10 %.
        Minimal = "minimal",
        /// 10 % or more.
        Involved10 = "involved_10",
        /// Not known.
        Unknown = "unknown",
    }
}

words! {
    /// A row of Table 1 as the decision specification §5 orders them.
    ClassificationResult {
        /// The biopsy does not show clonal plasma cells.
        NotPlasmaCell = "not_plasma_cell",
        /// Two lytic lesions: two readings (A2).
        TwoLesions = "two_lesions",
        /// Myeloma that requires treatment.
        MyelomaRequiringTreatment = "myeloma_requiring_treatment",
        /// Myeloma by its marrow alone (A6).
        MyelomaByMarrow = "myeloma_by_marrow",
        /// Table 1 has no row for it.
        FitsNoRow = "fits_no_row",
        /// Solitary plasmacytoma of bone.
        Sbp = "sbp",
        /// Solitary extramedullary plasmacytoma.
        Emp = "emp",
        /// SBP with minimal marrow involvement.
        SbpMinimalMarrow = "sbp_minimal_marrow",
        /// EMP with minimal marrow involvement.
        EmpMinimalMarrow = "emp_minimal_marrow",
        /// What is known leaves it open.
        Undetermined = "undetermined",
    }
}

words! {
    /// A myeloma-defining event (SLiM-CRAB).
    Event {
        /// Raised calcium.
        Hypercalcaemia = "hypercalcaemia",
        /// Kidney failure.
        Renal = "renal",
        /// Anaemia.
        Anaemia = "anaemia",
        /// Lytic bone lesions beside the index tumour.
        Bone = "bone",
        /// 60 % clonal plasma cells or more.
        Marrow60 = "marrow_60",
        /// Free light chains: ratio and involved chain.
        LightChain = "light_chain",
        /// M-protein in urine.
        UrineMProtein = "urine_m_protein",
        /// More than one focal lesion on MRI.
        MriFocal = "mri_focal",
    }
}

words! {
    /// The state of an event: a truth value, or true by its value and attributed by nobody.
    EventState {
        /// It is not there.
        False = "false",
        /// Not known.
        Unknown = "unknown",
        /// The value says so, and nobody has said whether the plasma cell disease causes it.
        Unattributed = "unattributed",
        /// It is there.
        True = "true",
    }
}

words! {
    /// The diagnosis that doses and prognosis go by.
    WorkingDiagnosisValue {
        /// Solitary plasmacytoma of bone.
        Sbp = "sbp",
        /// Solitary extramedullary plasmacytoma.
        Emp = "emp",
        /// A plasmacytoma of unknown compartment.
        Unspecified = "unspecified",
        /// None.
        None = "none",
    }
}

words! {
    /// What the working diagnosis rests on.
    DiagnosisBasis {
        /// Table 1.
        Classification = "classification",
        /// The clinician's diagnosis.
        Clinician = "clinician",
    }
}

words! {
    /// A prognostic factor.
    Factor {
        /// In bone.
        Bone = "bone",
        /// Abnormal ratio of free light chains.
        AbnormalFlcRatio = "abnormal_flc_ratio",
        /// Minimal marrow involvement.
        MinimalMarrow = "minimal_marrow",
        /// No complete remission.
        NoCompleteRemission = "no_complete_remission",
        /// M-protein that persists for more than a year after treatment.
        PersistentMProtein = "persistent_m_protein",
        /// A high-risk abnormality by FISH.
        HighRiskFish = "high_risk_fish",
        /// 60 years or older at diagnosis.
        Age60 = "age_60",
    }
}

words! {
    /// The state of a prognostic factor.
    FactorState {
        /// It is there.
        Present = "present",
        /// It is not there.
        Absent = "absent",
        /// Not known.
        Unknown = "unknown",
        /// Not to be known yet.
        NotEvaluated = "not_evaluated",
    }
}

words! {
    /// Whether the prognosis is complete.
    PrognosisStatus {
        /// No factor is unknown.
        Final = "final",
        /// A factor is unknown.
        Preliminary = "preliminary",
    }
}

words! {
    /// What a prediction is of.
    Outcome {
        /// Progression to multiple myeloma.
        ProgressionToMyeloma = "progression_to_myeloma",
        /// Survival without myeloma.
        MyelomaFreeSurvival = "myeloma_free_survival",
        /// Survival without disease.
        DiseaseFreeSurvival = "disease_free_survival",
        /// Survival without progression.
        ProgressionFreeSurvival = "progression_free_survival",
    }
}

words! {
    /// A place where the guideline, not the data, is unclear (decision specification §8).
    Ambiguity {
        /// No dose for exactly 5 cm.
        A1 = "A1",
        /// Two lesions: R07 against Table 1.
        A2 = "A2",
        /// 10-year figures that follow the wrong sentence.
        A3 = "A3",
        /// CRAB without numbers.
        A4 = "A4",
        /// Flow cytometry: a grade A recommendation, "possibly" in the text.
        A5 = "A5",
        /// 10 % clonal cells without SLiM-CRAB.
        A6 = "A6",
        /// Fraction size stands on the lines for bone only.
        A7 = "A7",
        /// "Small" has no size.
        A8 = "A8",
        /// "Particularly high risk" is not defined.
        A9 = "A9",
        /// Urine M-protein stands in the guideline, not in its reference.
        A10 = "A10",
        /// Threatened or established cord compression.
        A11 = "A11",
        /// PET/CT alone, without a statement on the marrow signal.
        A12 = "A12",
        /// Large fields: two doses.
        A13 = "A13",
        /// Flow figures without group or period.
        A14 = "A14",
        /// *Kan* against *er indiceret*.
        A15 = "A15",
        /// Does "weight-bearing" belong to the threatened fracture too?
        A16 = "A16",
        /// Acute care of cord compression stands under myeloma only.
        A17 = "A17",
        /// A regional lymph node as a second lesion.
        A18 = "A18",
    }
}

words! {
    /// Something that a reader must know beside the outcome.
    NoteCode {
        /// The clinician has confirmed a plasmacytoma, and the findings or a recorded myeloma contradict it.
        DiagnosisContradicted = "diagnosis_contradicted",
        /// Table 1 has no row for these findings: the multidisciplinary conference decides.
        NoRowInTable1 = "no_row_in_table_1",
        /// A value would make an event; nobody has said whether the plasma cell disease causes it.
        EventUnattributed = "event_unattributed",
        /// An older myeloma code that the work-up has overtaken was not read.
        WorkingCodeOvertaken = "working_code_overtaken",
        /// Site and confirmed kind of plasmacytoma are at odds.
        CompartmentConflict = "compartment_conflict",
        /// A treatment of which the record does not say whether it was of this tumour; it was not used.
        TreatmentUnplaced = "treatment_unplaced",
        /// A count of no lesions contradicts a tumour that is there.
        LesionCountContradicts = "lesion_count_contradicts",
        /// Plasma cells in the marrow without word of clonality.
        ClonalityUnstated = "clonality_unstated",
        /// Treatment before this disease: named only.
        EarlierTreatment = "earlier_treatment",
        /// Treatment for which the record gives another disease as the reason: named only.
        OtherDiseaseTreatment = "other_disease_treatment",
        /// A course without an end was counted as ended 42 days after its (last) start.
        CourseCountedAsEnded = "course_counted_as_ended",
        /// Treated with a palliative dose: not curative.
        PalliativeDoseOnly = "palliative_dose_only",
        /// A complication that is older than the window, or has no whole date, and does not count.
        NotCurrent = "not_current",
        /// A result that is preliminary.
        Preliminary = "preliminary",
        /// Think of lymphoma with plasma cell differentiation, osteomyelitis.
        ThinkOfOtherDiagnoses = "think_of_other_diagnoses",
        /// Treated; not found in the record.
        TreatedNotFound = "treated_not_found",
        /// PET/CT alone; MRI is preferred in bone.
        MriPreferred = "mri_preferred",
        /// MRI of spine and pelvis is the minimum.
        MriMinimum = "mri_minimum",
        /// The dose lies in one possible range, not in all.
        DoseNotInAllRanges = "dose_not_in_all_ranges",
        /// The dose lies outside what is recommended.
        DoseOutside = "dose_outside",
        /// The fraction size lies outside 1.8 to 2 Gy.
        FractionOutside = "fraction_outside",
        /// Systemic therapy has already begun.
        SystemicTherapyBegun = "systemic_therapy_begun",
        /// 40 Gy is acceptable: the tumour is extramedullary and well defined, or operated on.
        FortyGyAcceptable = "forty_gy_acceptable",
        /// Elective lymph nodes only at a high risk of spread.
        ElectiveNodesAtHighRisk = "elective_nodes_at_high_risk",
        /// Irradiated or operated on before.
        TreatedBefore = "treated_before",
        /// Treated before; the treatment is not in the record.
        TreatedBeforeNotInRecord = "treated_before_not_in_record",
        /// The work-up of the relapse (R18) comes first.
        RelapseWorkupFirst = "relapse_workup_first",
        /// Surgery (R08) comes first.
        SurgeryFirst = "surgery_first",
        /// Only if the field does not become too large.
        FieldNotTooLarge = "field_not_too_large",
        /// Acute care that the text gives for myeloma.
        AcuteCareFromMyeloma = "acute_care_from_myeloma",
        /// After complete removal the evidence for radiotherapy is lacking.
        EvidenceLackingAfterR0 = "evidence_lacking_after_r0",
        /// The margin is not known.
        MarginUnknown = "margin_unknown",
        /// The resection is more than 12 months ago, or has no date.
        LongSinceResection = "long_since_resection",
        /// Cover the operated soft tissue.
        CoverOperatedSoftTissue = "cover_operated_soft_tissue",
        /// Consider whether implants belong in the field.
        ConsiderImplants = "consider_implants",
        /// Adjuvant systemic therapy was given all the same.
        GivenAllTheSame = "given_all_the_same",
        /// An earlier course to the site.
        EarlierCourseToSite = "earlier_course_to_site",
        /// Irradiated just now.
        IrradiatedJustNow = "irradiated_just_now",
        /// The text says so for re-irradiation.
        TextForReirradiation = "text_for_reirradiation",
        /// Spare marrow and organs.
        SpareMarrowAndOrgans = "spare_marrow_and_organs",
        /// Check the drugs that are given with it.
        CheckConcurrentDrugs = "check_concurrent_drugs",
        /// After a resection alone the text says so.
        TextAfterResection = "text_after_resection",
        /// Another technique than at baseline.
        OtherTechnique = "other_technique",
        /// The scan came later than recommended.
        LateScan = "late_scan",
        /// Closer follow-up is preferable.
        CloserFollowUp = "closer_follow_up",
        /// A tolerance that we had to settle.
        OurTolerance = "our_tolerance",
        /// Life expectancy is short: the clinician weighs it.
        ShortLifeExpectancy = "short_life_expectancy",
        /// The guideline named is for newly diagnosed myeloma; this one is recurrent or was treated.
        ForNewlyDiagnosed = "for_newly_diagnosed",
        /// The guideline for candidates for high-dose therapy, or the one for others.
        CandidateOrNot = "candidate_or_not",
        /// Events that the marrow row leaves unknown.
        UnknownEvents = "unknown_events",
    }
}
