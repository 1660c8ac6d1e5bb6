//! Runs the Danish guideline on solitary plasmacytoma over FHIR R4 records.
