"""Mails reports: ``addresses`` checks them, ``message`` builds the mail, ``transport`` hands it over."""
