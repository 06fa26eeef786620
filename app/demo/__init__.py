"""The demo: a simulated HitPay and Zoho, two weeks of trade kept true, and the app on top, all on this machine.

Everything is done through the same services as in real life. The simulator is a process of its own, and is spoken to
over HTTP only.
"""
