//! The words of the inputs (decision specification §2): closed lists, spelled as the JSON contract spells them.

/// Declares an enumeration whose variants have one written word each.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_meta])* $variant),+ }

        impl $name {
            /// All of them, in the order of the specification.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word as the JSON contract spells it.
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }

            /// The value that a word means, if it is one of this list.
            pub fn of(word: &str) -> Option<Self> {
                match word { $($word => Some($name::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// A place in the body, as coarse as the guideline needs it.
    Site {
        /// A vertebra; the guideline's *ryghvirvel*.
        Vertebra = "vertebra",
        /// The pelvis.
        Pelvis = "pelvis",
        /// A rib.
        Rib = "rib",
        /// A femur.
        Femur = "femur",
        /// A bone of an extremity other than the femur.
        OtherExtremityBone = "other_extremity_bone",
        /// The skull.
        Skull = "skull",
        /// The sternum.
        Sternum = "sternum",
        /// Any other bone.
        OtherBone = "other_bone",
        /// Soft tissue of head and neck.
        HeadNeck = "head_neck",
        /// The gastrointestinal tract.
        Gastrointestinal = "gastrointestinal",
        /// A lung.
        Lung = "lung",
        /// Any other soft tissue.
        OtherSoftTissue = "other_soft_tissue",
    }
}

impl Site {
    /// Whether the place is a bone (a solitary plasmacytoma there is SBP).
    pub const fn is_bone(self) -> bool {
        matches!(
            self,
            Site::Vertebra
                | Site::Pelvis
                | Site::Rib
                | Site::Femur
                | Site::OtherExtremityBone
                | Site::Skull
                | Site::Sternum
                | Site::OtherBone
        )
    }
}

words! {
    /// What a diagnosis names.
    DiagnosisKind {
        /// Solitary plasmacytoma of bone (SBP).
        PlasmacytomaBone = "plasmacytoma_bone",
        /// Solitary extramedullary plasmacytoma (EMP).
        PlasmacytomaExtramedullary = "plasmacytoma_extramedullary",
        /// A plasmacytoma of which the code does not say whether it is in bone.
        PlasmacytomaUnspecified = "plasmacytoma_unspecified",
        /// Multiple myeloma, plasma cell leukaemia included.
        MultipleMyeloma = "multiple_myeloma",
        /// Smouldering (asymptomatic) myeloma.
        SmoulderingMyeloma = "smouldering_myeloma",
    }
}

impl DiagnosisKind {
    /// Whether it is a plasmacytoma of any place.
    pub const fn is_plasmacytoma(self) -> bool {
        matches!(self, Self::PlasmacytomaBone | Self::PlasmacytomaExtramedullary | Self::PlasmacytomaUnspecified)
    }

    /// Whether it is a myeloma, multiple or smouldering.
    pub const fn is_myeloma(self) -> bool {
        !self.is_plasmacytoma()
    }
}

words! {
    /// How sure a diagnosis is.
    Certainty {
        /// Confirmed, or not said.
        Confirmed = "confirmed",
        /// Unconfirmed, provisional or differential.
        Suspected = "suspected",
        /// Ruled out.
        Refuted = "refuted",
    }
}

words! {
    /// The clinical status of a diagnosis.
    ClinicalStatus {
        /// Active, or not said.
        Active = "active",
        /// Come back (FHIR's word for it).
        Recurrence = "recurrence",
        /// Come back.
        Relapse = "relapse",
        /// No longer active.
        Inactive = "inactive",
        /// In remission.
        Remission = "remission",
        /// Over.
        Resolved = "resolved",
    }
}

words! {
    /// The technique of an imaging examination.
    Modality {
        /// Whole-body magnetic resonance imaging; *helkrops MR*.
        WholeBodyMri = "whole_body_mri",
        /// MRI of spine and pelvis; *MR-columna og bækken*, the guideline's minimum.
        MriSpinePelvis = "mri_spine_pelvis",
        /// Positron emission tomography with CT.
        PetCt = "pet_ct",
        /// Whole-body CT alone.
        WholeBodyCt = "whole_body_ct",
        /// Anything else.
        Other = "other",
    }
}

impl Modality {
    /// Whether it is an MRI that the guideline accepts (whole body, or spine and pelvis).
    pub const fn is_mri(self) -> bool {
        matches!(self, Self::WholeBodyMri | Self::MriSpinePelvis)
    }

    /// Whether it is one of the guideline's techniques: MRI or PET/CT.
    pub const fn is_guideline_technique(self) -> bool {
        self.is_mri() || matches!(self, Self::PetCt)
    }
}

words! {
    /// A chromosomal abnormality looked for by FISH.
    Abnormality {
        /// Deletion of 17p.
        Del17p = "del_17p",
        /// Gain or amplification of 1q.
        Gain1q = "gain_1q",
        /// t(4;14).
        T414 = "t_4_14",
        /// t(14;16).
        T1416 = "t_14_16",
        /// t(14;20).
        T1420 = "t_14_20",
    }
}

words! {
    /// A myeloma-defining event that only a clinician can attribute to the plasma cell disease.
    AttributedEvent {
        /// Raised calcium.
        Hypercalcaemia = "hypercalcaemia",
        /// Kidney failure.
        Renal = "renal",
        /// Anaemia.
        Anaemia = "anaemia",
    }
}

words! {
    /// A complication of the spinal cord, or a fracture: not there, threatened, or there.
    Severity {
        /// Looked for and not there.
        None = "none",
        /// Threatened; the guideline's *truende*.
        Threatened = "threatened",
        /// There.
        Established = "established",
    }
}

words! {
    /// The response to treatment.
    Response {
        /// Complete remission.
        Complete = "complete",
        /// Partial remission.
        Partial = "partial",
        /// Stable disease.
        Stable = "stable",
        /// Residual disease.
        Residual = "residual",
        /// Progression.
        Progression = "progression",
    }
}

words! {
    /// What a clinician recorded about a relapse.
    Relapse {
        /// None.
        None = "none",
        /// Suspected.
        Suspected = "suspected",
        /// At the first site.
        Local = "local",
        /// At another site.
        NewSite = "new_site",
        /// Treated.
        Treated = "treated",
    }
}

words! {
    /// The life expectancy as the clinician judges it.
    LifeExpectancy {
        /// Short.
        Short = "short",
        /// Usual.
        Usual = "usual",
        /// Very long: newly diagnosed and a candidate for high-dose therapy, for example.
        VeryLong = "very_long",
    }
}

words! {
    /// The kind of an operation.
    SurgeryKind {
        /// Removal of the tumour.
        Resection = "resection",
        /// Stabilisation of a bone.
        Stabilisation = "stabilisation",
        /// Decompression of the spinal cord.
        Decompression = "decompression",
    }
}

words! {
    /// The margin of a resection.
    Margin {
        /// Free.
        R0 = "r0",
        /// Microscopic residue.
        R1 = "r1",
        /// Macroscopic residue.
        R2 = "r2",
        /// Not known.
        Unknown = "unknown",
    }
}

words! {
    /// The intent of a course of radiotherapy.
    Intent {
        /// To cure.
        Curative = "curative",
        /// To relieve.
        Palliative = "palliative",
    }
}

words! {
    /// The light-chain restriction of a tumour biopsy.
    LightChain {
        /// Kappa.
        Kappa = "kappa",
        /// Lambda.
        Lambda = "lambda",
        /// None: not restricted.
        None = "none",
    }
}
