-- An administrator as anybody would make one: no superuser, and no more than these two attributes.
create role plain_admin login createrole createdb;
