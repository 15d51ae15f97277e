-- Made by initdb; a physical copy of the cluster (standby, storage snapshot) has the same. Text: it passes 2^53.
SELECT system_identifier::pg_catalog.text AS system_identifier FROM pg_catalog.pg_control_system()
