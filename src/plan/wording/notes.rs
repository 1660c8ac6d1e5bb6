//! Words for what a reader must know beside an outcome.

use super::{Words, words};
use crate::guideline::{Note, NoteCode};

/// Whether a note comes before all else; the others are about the record. A complication without a date may be of today.
pub fn comes_first(note: &Note<'_>) -> bool {
    match note.code {
        NoteCode::NotCurrent => note.date.is_none(),
        NoteCode::EarlierTreatment
        | NoteCode::OtherDiseaseTreatment
        | NoteCode::CourseCountedAsEnded
        | NoteCode::Preliminary => false,
        _ => true,
    }
}

/// Whether a note's words name what its entries are, so that these need not be named again.
pub const fn names_its_entries(note: NoteCode) -> bool {
    matches!(
        note,
        NoteCode::SystemicTherapyBegun
            | NoteCode::GivenAllTheSame
            | NoteCode::CourseCountedAsEnded
            | NoteCode::LongSinceResection
    )
}

/// What a note says; what it is about (values, inputs, events, a day) is said after it.
pub const fn note(note: NoteCode) -> Words {
    use NoteCode::*;
    match note {
        DiagnosisContradicted => words(
            "The diagnosis of solitary plasmacytoma is contradicted by the findings, or by a myeloma on record",
            "Diagnosen solitært plasmacytom modsiges af fundene eller af en registreret myelomatose",
        ),
        NoRowInTable1 => words(
            "Table 1 has no row for these findings: the multidisciplinary conference decides",
            "Tabel 1 har ingen række for disse fund: afgøres på MDT-konference",
        ),
        EventUnattributed => words(
            "A myeloma-defining value is there, and nobody has recorded whether the plasma cell disease causes it: that has to be decided first",
            "Der er en myelomdefinerende værdi, men det er ikke registreret, om plasmacellesygdommen er årsagen: det skal afklares først",
        ),
        WorkingCodeOvertaken => words(
            "An earlier myeloma code was not read: the later work-up shows a solitary plasmacytoma",
            "En tidligere myelomatosekode er ikke medregnet: den senere udredning viser solitært plasmacytom",
        ),
        CompartmentConflict => words(
            "The tumour's site and the diagnosis disagree on bone or soft tissue: correct the record",
            "Tumors lokalisation og diagnosen er uenige om knogle eller bløddele: ret journalen",
        ),
        TreatmentUnplaced => words(
            "The record does not say whether this was treatment of this disease, and it was not used; find out before anything is irradiated",
            "Det fremgår ikke, om dette var behandling af denne sygdom, og det er ikke medregnet; afklar det, før der bestråles",
        ),
        LesionCountContradicts => words(
            "A count of no lesions contradicts a tumour that is there, and was not used",
            "Et antal læsioner på 0 modsiges af, at der er en tumor, og er ikke brugt",
        ),
        ClonalityUnstated => words(
            "Plasma cells in the marrow without a statement of clonality: ask the laboratory",
            "Plasmaceller i marven uden angivelse af klonalitet: spørg laboratoriet",
        ),
        EarlierTreatment => {
            words("Treatment before this disease; named only", "Behandling før denne sygdom; nævnes kun")
        }
        OtherDiseaseTreatment => words(
            "Treatment that the record gives another disease as the reason for; named only",
            "Behandling, som ifølge journalen gjaldt en anden sygdom; nævnes kun",
        ),
        CourseCountedAsEnded => words(
            "A course of radiotherapy without an end date is counted as ended 42 days after its start; record its end date",
            "Et stråleforløb uden slutdato regnes som afsluttet 42 dage efter start; registrer slutdatoen",
        ),
        PalliativeDoseOnly => words(
            "Treated with a palliative course only: its dose was not curative",
            "Kun behandlet med et palliativt stråleforløb: dosis var ikke kurativ",
        ),
        NotCurrent => words(
            "Recorded more than 90 days ago, or without a whole date, and not counted as current; if it is, record the date",
            "Registreret for mere end 90 dage siden eller uden fuld dato og regnes ikke som aktuelt; er det aktuelt, så registrer datoen",
        ),
        Preliminary => words("Rests on a preliminary result", "Bygger på et foreløbigt svar"),
        ThinkOfOtherDiagnoses => words(
            "The biopsy does not support the diagnosis: think of lymphoma with plasma cell differentiation and of chronic osteomyelitis",
            "Biopsien støtter ikke diagnosen: overvej lymfom med plasmacelledifferentiering og kronisk osteomyelitis",
        ),
        TreatedNotFound => words("Treated; not found in the record", "Behandlet; ikke fundet i journalen"),
        MriPreferred => words(
            "Imaged with PET/CT alone; MRI is preferred in bone",
            "Kun undersøgt med PET/CT; MR foretrækkes ved SBP",
        ),
        MriMinimum => words("MRI of spine and pelvis is the minimum", "MR af columna og bækken er minimum"),
        DoseNotInAllRanges => words(
            "The dose given lies in one of the possible ranges, not in all: compartment or size is not known",
            "Den givne dosis ligger i ét af de mulige intervaller, men ikke i alle: lokalisation eller størrelse er ikke afklaret",
        ),
        DoseOutside => {
            words("The dose given lies outside what is recommended", "Den givne dosis ligger uden for det anbefalede")
        }
        FractionOutside => {
            words("The dose per fraction lies outside 1.8–2 Gy", "Dosis pr. fraktion ligger uden for 1,8-2 Gy")
        }
        SystemicTherapyBegun => words(
            "Systemic therapy against myeloma has already begun",
            "Systemisk antimyelombehandling er allerede påbegyndt",
        ),
        FortyGyAcceptable => words(
            "40 Gy is acceptable: the tumour is extramedullary, and well defined or operated on without certain microscopic clearance",
            "40 Gy er acceptabel: tumor er ekstramedullær og veldefineret eller opereret uden sikker mikroskopisk radikalitet",
        ),
        ElectiveNodesAtHighRisk => words(
            "Elective irradiation of lymph nodes only at a high risk of spread to them",
            "Elektiv lymfeknudebestråling kun ved høj risiko for lymfeknudeinvolvering",
        ),
        TreatedBefore => {
            words("The site was irradiated or operated on before", "Området er tidligere bestrålet eller opereret")
        }
        TreatedBeforeNotInRecord => words(
            "Treated before, as a relapse on record shows, but the treatment is not in the record: find out what was given",
            "Tidligere behandlet, da et recidiv er registreret, men behandlingen findes ikke i journalen: find ud af, hvad der er givet",
        ),
        RelapseWorkupFirst => words(
            "The work-up of the relapse (recommendation 18) comes first",
            "Udredning af relapset (anbefaling 18) kommer først",
        ),
        SurgeryFirst => words(
            "Surgical assessment (recommendation 8) comes first",
            "Kirurgisk vurdering (anbefaling 8) kommer først",
        ),
        FieldNotTooLarge => {
            words("Only if the field does not become too large", "Kun hvis strålefeltet ikke bliver for stort")
        }
        AcuteCareFromMyeloma => words(
            "The guideline's text gives this acute care for myeloma; it is shown here too",
            "Retningslinjens tekst angiver denne akutte behandling ved myelomatose; den vises også her",
        ),
        EvidenceLackingAfterR0 => words(
            "After complete removal there is no evidence for or against radiotherapy",
            "Efter radikal operation mangler der evidens for supplerende strålebehandling",
        ),
        MarginUnknown => words(
            "The margin of the resection is not known: ask the pathologist",
            "Resektionsranden er ikke kendt: spørg patologen",
        ),
        LongSinceResection => words(
            "The resection is more than 12 months ago, or has no date",
            "Resektionen ligger mere end 12 måneder tilbage eller mangler dato",
        ),
        CoverOperatedSoftTissue => words(
            "Cover the operated soft tissue with a margin",
            "Operationsområdets bløddele dækkes med rimelig margen",
        ),
        ConsiderImplants => words(
            "Consider whether the implants belong in the field",
            "Overvej, om osteosyntesematerialet skal med i feltet",
        ),
        GivenAllTheSame => words("Systemic therapy was given all the same", "Systemisk behandling er givet alligevel"),
        EarlierCourseToSite => words(
            "Already irradiated there: weigh the cumulated dose",
            "Tidligere bestrålet samme sted: vurder den samlede dosis",
        ),
        IrradiatedJustNow => words(
            "Being irradiated, or irradiated within the last 28 days",
            "Er under bestråling eller bestrålet inden for de seneste 28 dage",
        ),
        TextForReirradiation => words(
            "This dose for re-irradiation stands in the guideline's text, not in a recommendation",
            "Denne dosis ved genbestråling står i retningslinjens tekst, ikke i en anbefaling",
        ),
        SpareMarrowAndOrgans => words(
            "Spare bone marrow and organs: keep field and dose to organs at risk small",
            "Skån knoglemarv og organer: begræns feltet og dosis til risikoorganer",
        ),
        CheckConcurrentDrugs => words(
            "Check the drugs given together with radiotherapy",
            "Tjek lægemidler, der gives samtidig med strålebehandlingen",
        ),
        TextAfterResection => words(
            "After a resection alone this stands in the guideline's text: the recommendation speaks of radiotherapy",
            "Efter resektion alene står dette i retningslinjens tekst: anbefalingen omtaler stråleterapi",
        ),
        OtherTechnique => words(
            "Another technique than at baseline; the guideline asks for the same",
            "Anden teknik end ved diagnosen; retningslinjen anbefaler samme teknik",
        ),
        LateScan => words(
            "The scan came later than recommended (3–4 months after treatment)",
            "Skanningen er lavet senere end anbefalet (3-4 måneder efter behandling)",
        ),
        CloserFollowUp => words(
            "Closer follow-up is preferable: risk factors are present. The guideline gives no interval",
            "Tættere opfølgning er at foretrække: der er risikofaktorer. Retningslinjen angiver intet interval",
        ),
        OurTolerance => words(
            "The tolerance around these dates is the program's, not the guideline's",
            "Tolerancen omkring disse datoer er programmets, ikke retningslinjens",
        ),
        ShortLifeExpectancy => words(
            "Life expectancy is short: weigh whether a work-up helps the patient",
            "Den forventede restlevetid er kort: overvej, om udredning gavner patienten",
        ),
        ForNewlyDiagnosed => words(
            "The guidelines named are for newly diagnosed myeloma; this one is recurrent or was treated before",
            "De nævnte retningslinjer gælder nydiagnosticeret myelomatose; denne er recidiveret eller tidligere behandlet",
        ),
        CandidateOrNot => words(
            "There are two guidelines: for candidates for high-dose therapy with stem cell support (HDT), and for all others",
            "Der er to retningslinjer: for kandidater til højdosisbehandling med stamcellestøtte (HDT) og for øvrige",
        ),
        UnknownEvents => words(
            "Myeloma-defining findings that are not known yet",
            "Myelomdefinerende fund, der endnu ikke er afklaret",
        ),
    }
}
