//! Why something that was seen in a record is not used, or not quite as it stands.

use crate::inputs::words::words;

words! {
    /// Why something that was seen is not used, or not quite as it stands.
    Reason {
        /// Its code is not in the mapping files.
        UnknownCode = "unknown_code",
        /// It has no code at all, only words or nothing.
        NoCode = "no_code",
        /// It looks like an input and is not.
        NearMiss = "near_miss",
        /// Its unit is missing.
        NoUnit = "no_unit",
        /// Its unit is not one that is believed for this input, or code and text of the unit disagree.
        UnreadableUnit = "unreadable_unit",
        /// A number that cannot be believed in that unit.
        Suspect = "suspect_number",
        /// No number, or one that cannot be held exactly.
        NotANumber = "not_a_number",
        /// A count that is not whole.
        NotWhole = "not_a_whole_number",
        /// The comparator is none of `<`, `<=`, `>=`, `>`, or stands where an exact number is due.
        Comparator = "comparator",
        /// The value has another form than the mapping believes (words, a ratio, a range …).
        UnexpectedValue = "unexpected_value",
        /// The value's code is not among the words of the input.
        UnknownValueCode = "unknown_value_code",
        /// The value leaves the answer open.
        Unclear = "unclear_value",
        /// More than one value.
        SeveralValues = "several_values",
        /// No value.
        NoValue = "no_value",
        /// A reason stands in the value's place.
        DataAbsent = "data_absent",
        /// A part of the entry without which it is none is missing.
        MissingPart = "missing_part",
        /// Its status says that it is not to be read, or is none that FHIR knows.
        Status = "status",
        /// It says that it was not done.
        NotDone = "not_done",
        /// It is over, and since when is not said.
        Over = "over",
        /// It was considered and is not certain, or was ruled out.
        NotCertain = "not_certain",
        /// No date.
        NoDate = "no_date",
        /// Only a month or a year.
        PartialDate = "partial_date",
        /// No date of the calendar.
        NotADate = "not_a_date",
        /// It is not about the patient.
        OtherPatient = "other_patient",
        /// It does not say which patient's it is: it does not say whose, or it is a group's or a device's.
        NoPatient = "no_patient",
        /// It is about another disease.
        OtherDisease = "other_disease",
        /// It is a treatment, and names a place that is not known here: it may have been to the tumour or not.
        UnknownSite = "unknown_site",
        /// It is a treatment that names no place, and its reason cannot be read.
        UnknownReason = "unknown_reason",
        /// It has a modifier that changes its meaning in a way that is not known here.
        ModifierExtension = "modifier_extension",
        /// It contradicts itself.
        Conflict = "conflict",
        /// A person must read it: words or a document without codes.
        ReportToRead = "report_to_read",
        /// FHIR R4 has no type of its name.
        UnknownType = "unknown_type",
        /// A newer version, or a correction, has taken its place.
        Replaced = "replaced",
        /// The same version is there with two contents.
        TwoContents = "two_contents",
        /// Another record of the same person is named; it is not read.
        LinkedRecord = "linked_record",
        /// Another volume of the same course and site, with a dose that is not higher.
        OtherVolume = "other_volume",
        /// Used, by the date of issue, since there is no other.
        IssuedDateUsed = "issued_date_used",
        /// Used, without a date that is only a part of one, or none of the calendar.
        UsedWithoutDate = "used_without_partial_date",
        /// Used, without a date, since it has none.
        UsedUndated = "used_without_date",
        /// Used, by the date of the panel or report that it belongs to, since it has none of its own.
        PanelDateUsed = "panel_date_used",
        /// Used, by the day on which it was recorded, since the onset is only a part of a date or an age.
        RecordedDateUsed = "recorded_date_used",
        /// Used, without a reference limit: it has no unit or another, is no number, is one of several, or is not for
        /// this patient, or not known to be.
        LimitNotUsed = "limit_not_used",
        /// Used, without its place, which is not known here.
        SiteNotUsed = "site_not_used",
        /// Used, without one of its parts, which cannot be read.
        PartNotUsed = "part_not_used",
        /// Used, as not ended: its status says that it goes on, so that its end is the last day so far.
        NotOver = "not_over",
        /// It is a part of a course that is read.
        PartOfCourse = "part_of_course",
    }
}

impl Reason {
    /// Whether the thing is used all the same, and only something about it is to be known.
    pub const fn is_a_note(self) -> bool {
        matches!(
            self,
            Reason::IssuedDateUsed
                | Reason::UsedWithoutDate
                | Reason::UsedUndated
                | Reason::PanelDateUsed
                | Reason::SiteNotUsed
                | Reason::RecordedDateUsed
                | Reason::LimitNotUsed
                | Reason::PartNotUsed
                | Reason::NotOver
                | Reason::TwoContents
        )
    }

    /// The reason in a few words for a person.
    pub const fn in_words(self) -> &'static str {
        match self {
            Reason::UnknownCode => "its code is not in the mapping files",
            Reason::NoCode => "it has no code",
            Reason::NearMiss => "it looks like this input and is not",
            Reason::NoUnit => "the number has no unit",
            Reason::UnreadableUnit => "the unit is not one that is believed here, or its code and text disagree",
            Reason::Suspect => "the number cannot be right in that unit",
            Reason::NotANumber => "the value is not a number that can be held exactly",
            Reason::NotWhole => "the count is not a whole number",
            Reason::Comparator => "the comparator is not one of <, <=, >=, >, or an exact number is needed",
            Reason::UnexpectedValue => "the value has another form than the mapping believes",
            Reason::UnknownValueCode => "the value's code is not in the mapping files",
            Reason::Unclear => "the value leaves the answer open",
            Reason::SeveralValues => "it has more than one value",
            Reason::NoValue => "it has no value",
            Reason::DataAbsent => "the value is absent, with a reason",
            Reason::MissingPart => "a part without which it says nothing is missing",
            Reason::Status => "its status says that it is not to be read",
            Reason::NotDone => "it says that it was not done",
            Reason::Over => "it is over, and since when is not said",
            Reason::NotCertain => "it is not certain, or was ruled out",
            Reason::NoDate => "it has no date",
            Reason::PartialDate => "its date is only a month or a year",
            Reason::NotADate => "its date is not a date",
            Reason::OtherPatient => "it is another patient's",
            Reason::NoPatient => "it does not say which patient's it is",
            Reason::OtherDisease => "it is about another disease",
            Reason::UnknownSite => {
                "which place it was to is not known here: neither is whether it was to the tumour, so it is not used"
            }
            Reason::UnknownReason => {
                "it names no place, and its reason cannot be read: whether it was for this disease is not known, so it is not used"
            }
            Reason::ModifierExtension => "a modifier extension may change its meaning",
            Reason::Conflict => "it contradicts itself",
            Reason::ReportToRead => "a report that a person must read",
            Reason::UnknownType => "FHIR R4 has no type of that name",
            Reason::Replaced => "a newer version or a correction has taken its place",
            Reason::TwoContents => "the same version is there with two contents; both are used",
            Reason::LinkedRecord => "another record of the same person is not read",
            Reason::OtherVolume => "another volume of the same course and site has the dose",
            Reason::IssuedDateUsed => "used by its date of issue, since it has no other",
            Reason::UsedWithoutDate => "used without its date, which is not a whole one",
            Reason::UsedUndated => "used without a date, since it has none",
            Reason::PanelDateUsed => "used by the date of the panel or report that it belongs to, since it has none",
            Reason::RecordedDateUsed => "used by the day it was recorded, since its onset is not a whole date",
            Reason::LimitNotUsed => {
                "used without a reference limit, which cannot be read or is not known to be this patient's"
            }
            Reason::SiteNotUsed => "used without its place, which is not in the mapping files",
            Reason::PartNotUsed => "used without one of its parts, which cannot be read",
            Reason::NotOver => "used as not ended, since its status says that it goes on",
            Reason::PartOfCourse => "a part of a course that is read as a whole",
        }
    }
}
